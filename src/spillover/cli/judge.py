"""The verbs for judging forecasts: backtest. Imports nothing heavy at the top."""
