"""A real Flink cluster on this machine, and whether the pipeline gives there what it gives here.

`make test-flink` fetches Flink and Beam's job server, starts one job manager, two task managers and
the job server as processes of their own, and compares decoded output with the local run's.
"""
