"""Requests that nobody would send by mistake alone, and what a server makes of them."""
