import pytest


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a method, given the body of its `solve`, and returns the path of the file."""

    def write(name, body):
        path = tmp_path / f"{name}.py"
        path.write_text(f'"""Method {name}."""\n\n\ndef solve(q, S, density, r):\n    {body}\n')
        return str(path)

    return write
