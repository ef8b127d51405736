"""Loaders of the data that the package contains."""

from sklearn_wtrdf.datasets._ag_ge_se import load_ag_ge_se
from sklearn_wtrdf.datasets._ge_se import load_ge_se
from sklearn_wtrdf.datasets._materials import list_materials, load_material

__all__ = ["list_materials", "load_ag_ge_se", "load_ge_se", "load_material"]
