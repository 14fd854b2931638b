"""Backups of an app's database: ``store`` keeps them, ``taking`` makes one, ``restoring`` brings one back."""
