"""The paper's black boxes, RBFNetRegressor and LSTMRegressor. They need torch and skorch, the extra `[torch]`."""
