"""Tests of the containers, from outside."""
