"""The flow matrix of a stack: what each sequence of order events books, and which events channels get."""

from trackform.account_file.compose import Composition
from trackform.flow.matrix import MatrixLine, lines
from trackform.policy import Policy
from trackform.rules.registry import Case


def matrix_of(stack: str, composition: Composition, policy: Policy) -> list[MatrixLine]:
    """A line for each sequence of each product, on the settings that the policy leaves open."""
    case = Case(stack, composition, policy)
    return [line for proof in case.proved for line in lines(proof.name, proof.cells, case.unknown_of(proof))]
