import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pystog import Converter

from sklearn_wtrdf.scattering.curve import g_from_rdf, g_from_reduced_pdf, rdf_from_g, reduced_pdf_from_g


@given(
    r=st.floats(0.1, 50).map(lambda first: first + np.arange(40) * 0.05),
    g=arrays(float, 40, elements=st.floats(-10, 100)),
    density=st.floats(0.005, 0.2),
)
def test_g_reduced_pdf_and_rdf_are_converted_into_each_other(r, g, density):
    G = reduced_pdf_from_g(r, g, density)
    np.testing.assert_allclose(G, Converter().g_to_G(r, g, rho=density)[0], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(g_from_reduced_pdf(r, G, density), g, rtol=1e-12, atol=1e-12)
    rdf = rdf_from_g(r, g, density)
    np.testing.assert_allclose(g_from_rdf(r, rdf, density), g, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(rdf, 4 * np.pi * r**2 * density + r * G, rtol=1e-12, atol=1e-9)


def test_conversions_refuse_what_they_cannot_divide_by():
    with pytest.raises(ValueError, match="r must be positive"):
        g_from_reduced_pdf([0.0, 1.0], [0.0, 1.0], 0.034)
    with pytest.raises(ValueError, match="number_density"):
        rdf_from_g([1.0], [1.0], 0.0)
