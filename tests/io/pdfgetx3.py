"""The header that PDFgetX3 writes before its tables."""

PDFGETX3 = """[DEFAULT]

version = pdfgetx3-2.1.1

# input and output specifications
dataformat = twotheta
inputfile = ge25se75.xy
backgroundfile = empty.xy
outputtype = {kind}

# PDF calculation setup
mode = xray
wavelength = 0.1814
twothetazero = 0
composition = Ge25Se75
bgscale = 1
rpoly = 0.9
qmaxinst = 8.2
qmin = 0.8
qmax = 8.0
rmin = 0.0
rmax = 12.0
rstep = 0.01

# End of config --------------------------------------------------------------
#### start data

#S 1
#L {names}
"""
