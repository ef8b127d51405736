"""
From a diffractometer's counts to g(r)
======================================

A diffractometer measures counts as a function of the angle 2θ, of a sample in its
container. This page computes S(q) and g(r) from them in Python; ``wtrdf pdf`` does the
same from files. The scan is **simulated**, so that the results can be compared with the
true curves.
"""

# %%
# The scans
# ---------
# Silica glass in the Kα radiation of a silver tube, up to 2θ = 125°.
# ``ScatteringModel`` gives the scattering of free atoms, Compton scattering
# included, and the polarization. The interference of the glass is (S − 1) times
# the square of the mean form factor, with S(q) from a simulation. To this we add
# fluorescence, the same at all angles, a twentieth of the mean, and nine tenths of
# the scattering of an empty container, since the sample absorbs the rest. Then
# photons are counted, up to 400,000 at one angle. The empty container has a scan
# of its own, with its own noise. For your own scans, replace this cell by
# ``read_scan``.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from sklearn_wtrdf import (
    Composition,
    FourierRegressor,
    InversionRegressor,
    Reduction,
    ReductionDisplay,
    intensity_frame,
)
from sklearn_wtrdf.datasets import load_material
from sklearn_wtrdf.reduction.scattering_model import ScatteringModel
from sklearn_wtrdf.scattering.angles import q_of, wavelength_of

silica = load_material("silica", weighting="x-ray")
wavelength = wavelength_of("AgKa")
two_theta = np.arange(3, 125, 0.1)
q = q_of(two_theta, wavelength)
true_s = np.interp(q, silica.q, silica.s)

atoms = ScatteringModel.of(Composition("SiO2"), q, wavelength)
free = atoms.mean_of_square + atoms.compton
scattered = atoms.polarization * (free + atoms.square_of_mean * (true_s - 1))
fluorescence = 0.05 * scattered.mean()
sample = scattered + fluorescence
sample *= 400_000 / sample.max()
container = np.exp(-(((q - 1.5) / 0.45) ** 2)) + 0.2 * np.exp(-q / 8)
empty = 40_000 * atoms.polarization * container

photons = np.random.default_rng(0)
counts = photons.poisson(sample + 0.9 * empty)
background = photons.poisson(empty)

fig, ax = plt.subplots(figsize=(6.4, 3.4))
ax.plot(two_theta, counts, color="C0", label="sample in its container")
ax.plot(two_theta, background, color="C4", label="empty container")
ax.set(xlabel="2θ (degrees)", ylabel="counts", xlim=(0, 125), ylim=(0, None))
ax.legend()
plt.show()

# %%
# From counts to S(q)
# -------------------
# ``Reduction`` needs the composition of the sample, its density and the radiation. It
# estimates the normalization, the fraction of the background that is left with the
# sample, and the intensity that is the same at all angles. ``intensity_frame`` lays out
# the scan with the distances r at which g will be predicted, and ``decompose`` returns
# the contributions to a scan.
#
# On the left, the counts in electron units per atom. Background and constant are
# subtracted and shown separately. The remaining intensity oscillates about that of free
# atoms, the dashed line, and approaches it at large q. On the right, S(q) with a band
# of two standard deviations by counting; the dashed line is the S of the simulation.
r = np.arange(1, 8, 0.02)
X = intensity_frame(r, two_theta, counts)
reduction = Reduction(
    "SiO2",
    number_density=silica.number_density,
    wavelength="AgKa",
    background=background,
).fit(X)
[reduced] = reduction.decompose(X)
display = ReductionDisplay(reduced=reduced).plot()
display.axes_[1].plot(q, true_s, "--", color="black", linewidth=1)
plt.show()

# %%
# Estimated and true values: the fraction of the background, the constant in electron
# units, and the error of S, compared with that by counting noise alone.
off = np.abs(1 + reduced.s_r / reduced.q - np.interp(reduced.q, q, true_s))
by_counting = np.sqrt(2 / np.pi) * reduced.std / reduced.q
pd.DataFrame(
    {
        "estimated": [reduced.background_scale, reduced.constant[0], off.mean()],
        "simulated": [0.9, fluorescence, by_counting.mean()],
    },
    index=["background", "constant", "mean error of S"],
).round(3)

# %%
# From S(q) to g(r)
# -----------------
# ``transform`` returns S_R(q) in the table that ``InversionRegressor`` needs;
# ``make_pipeline(reduction, InversionRegressor())`` combines both. The band should
# contain the true g at nine of ten distances; around these peaks it does not. It
# describes the noise of the counts, and systematic errors of S by background or
# normalization. At 2.6 Å, the distance of oxygen neighbours, and at 3.1 Å, that of
# silicon atoms, the curve has errors, and below them it has a low hill where the g of
# the simulation is 0. This is not caused by the reduction: the simulated g weights
# pairs by atomic numbers, whereas X-rays give Si–Si more weight and O–O less with
# increasing q. In silica this alone is an error of 0.04 on average. From the true S
# with counting noise, g has the same error, as ``benchmarks/board/reduction.py`` shows,
# which simulates scans of all materials with other tables of form factors than those of
# the package.
X_s = reduction.transform(X)
model = InversionRegressor().fit(X_s)
g, std = model.predict(X_s, return_std=True)
truth = np.interp(r, silica.r, silica.target)
fourier = FourierRegressor().fit(X_s, truth).predict(X_s)

fig, ax = plt.subplots(figsize=(6.4, 3.8))
low, high = np.maximum(g - 1.645 * std, 0), g + 1.645 * std
ax.axhline(0, color="0.8", linewidth=0.8)
ax.fill_between(r, low, high, color="C0", alpha=0.2, linewidth=0)
ax.plot(r, fourier, color="C1", linewidth=1, label="Fourier transform")
ax.plot(r, g, color="C0", label="inversion")
ax.plot(r, truth, "--", color="black", linewidth=1, label="simulated g")
ax.set(xlabel="r (Å)", ylabel="g(r)", xlim=(1, 8), ylim=(-1.5, 4))
ax.legend(title="the bond at 1.61 Å is cut off")
plt.show()
