"""Which models are asked with which parameters, as every page that asks some lets them be chosen."""
