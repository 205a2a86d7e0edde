"""Change the code at random, one statement at a time, and see which of the changes the tests notice.

Each change is made in a copy, where the tests that execute the changed line run until one of them fails. The same seed
draws the same changes in the same order; the time decides how many of them are tried.
"""

import argparse
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from clone import Clone
from covering import KEPT, Importers, covering, settings_of, source_files
from draw import drawn, within
from report import Equivalents, summary, survivors, table, unreached, write
from trial import Trial, Tried


def main() -> int:
    """Try a sample, or tell which statements no test executes."""
    arguments = _arguments()
    until = time.monotonic() + 60 * arguments.minutes
    project: Path = arguments.project.resolve()
    settings = settings_of(project)
    with tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True) as folder:
        clones = [Clone(project, Path(folder) / str(number)) for number in range(arguments.workers)]
        known = covering(project, clones[0], settings, arguments.workers)
        for test in known.failed:
            print(f"mutants: left out, because it fails without a change: {test}", file=sys.stderr)
        if arguments.unreached:
            print("\n".join(unreached(known)))
            return 0
        files = list(source_files(project, settings.sources))
        trial = Trial(clones, known, Importers(project, files, known))
        reason = Equivalents.read(project / "tools" / "mutants" / "equivalent.toml").reason
        sample = islice(
            drawn(project, within(files, arguments.within), arguments.seed, arguments.least), arguments.most
        )
        results: list[Tried] = []
        for each in trial.run(sample, reason, until):
            results.append(each)
            print(f"{len(results):4} {each.verdict:10} {each.drawn}", flush=True)
        results = trial.confirmed(results)
        for test in trial.unreliable:
            print(f"mutants: left out, because it fails now and then without a change: {test}", file=sys.stderr)
    found = "\n".join([*survivors(results), summary(results, arguments.seed), "", *table(results)])
    print(f"\n{found}")
    (project / KEPT).mkdir(parents=True, exist_ok=True)
    (project / KEPT / "survivors.txt").write_text(f"{found}\n", encoding="utf-8")
    if arguments.write:
        write(project / arguments.write, results, arguments.seed)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutants", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--project", type=Path, default=Path.cwd(), help="its folder (default: the current one)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30, help="after that nothing is begun any more (default: 30)")
    parser.add_argument("--most", type=int, help="how many mutants, if the time allows (default: no limit)")
    parser.add_argument("--least", type=int, default=10, help="so many of each room before any other (default: 10)")
    parser.add_argument("--within", type=Path, nargs="+", default=[Path()], metavar="PATH", help="change nothing else")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures into a page of the project")
    parser.add_argument("--unreached", action="store_true", help="only list the statements that no test executes")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
