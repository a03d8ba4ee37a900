"""Legs that several solvers make."""
