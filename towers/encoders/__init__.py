"""History encoders: a viewer's token and events to a vector after each of them.

All share one call, `encoders.encoder.Encoder`; `encoders.choose` picks one by its name.
"""
