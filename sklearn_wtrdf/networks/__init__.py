"""The networks that the paper compares with, RBFNetRegressor and LSTMRegressor. They need the extra `[torch]`."""
