"""Alerts in the open formats of other systems: CAP 1.2, PFIF 1.4, Atom."""
