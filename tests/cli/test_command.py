"""The help of each command."""

import pytest
from typer.main import get_command

from sklearn_wtrdf import PdfSettings
from sklearn_wtrdf.cli.main import app


@pytest.mark.parametrize("command", [command.callback.__name__ for command in app.registered_commands])
def test_the_help_of_each_command_fits_80_columns_and_cuts_no_name(wtrdf, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    code, out, _ = wtrdf(command, "--help")
    assert code == 0
    assert out.startswith(f"Usage: wtrdf {command} ")
    assert max(map(len, out.splitlines())) <= 80
    words = set(out.replace(",", " ").split())
    for param in get_command(app).commands[command].params:
        names = [*param.opts, *param.secondary_opts] if param.param_type_name == "option" else [param.metavar]
        assert all(name in words or f"{name}" in out.splitlines()[0] for name in names)


def test_a_missing_file_is_named_before_other_settings_of_the_folder(wtrdf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    PdfSettings("SiO2", mass_density=2.2).write(tmp_path / "settings.toml")
    code, _, error = wtrdf("pdf", "missing.sq", "--composition", "GeO2", "-o", ".")
    assert code == 1
    assert error.startswith("error: missing.sq: no such file.")
