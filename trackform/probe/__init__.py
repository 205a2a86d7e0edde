"""The look of `trackform probe` at live accounts: what is open of the services is answered from what is there."""
