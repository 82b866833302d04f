"""A network of pairs as MIT Lincoln Laboratory's parameter files have it."""

from __future__ import annotations

#: Seven variables in the Laboratory's form, counts of our own. chi depends on beta and hmd, hmd on L, v_2 on v_1.
LABORATORY = """# labels_initial
"L", "\\chi", "\\beta", "v_1", "v_2", "hmd", "vmd"
# G_initial
0 0 0 0 0 1 0
0 0 0 0 0 0 0
0 1 0 0 0 0 0
0 0 0 0 1 0 0
0 0 0 0 0 0 0
0 1 0 0 0 0 0
0 0 0 0 0 0 0
# r_initial
2 2 2 2 2 2 1
# N_initial
10 30 1 0 0 1 0 1 1 1 30 10 20 20 40 0 10 30 8 2 0 10 40
# labels_transition
"L"
# G_transition
0
# r_transition
2
# N_transition
7
# boundaries
*
*
0 180 360
0 50 100
100 200 400
0 0.5 2
0 1000
# resample_rates
0 0 0 0 0 0 0
"""
