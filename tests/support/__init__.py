"""What tests share: models by hand (`build`), statistics (`stat`), engines."""
