"""Pair functions g_AB(r) with bands, from several patterns of one material: X-rays, neutrons, isotopes."""
