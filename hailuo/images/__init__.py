"""The picture doctor: anything in, nothing bad out.

`doctor` is the door, `repairs` plans what can be done about a size that the model refuses. The
rest runs in child processes (`hailuo.children`) and is imported there alone.
"""
