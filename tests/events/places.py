"""The season's places: codes, coordinates and populations as in the network's list of cities (GeoNames)."""

from b40_events.geography import Place

ISTANBUL = "TRIST"

PLACES: dict[str, Place] = {
    "TRIST": (41.0138, 28.9497),
    "BASJJ": (43.8486, 18.3564),
    "TRCKZ": (40.1555, 26.4127),
    "XKPRN": (42.6727, 21.1669),
    "ALTIA": (41.3274, 19.8187),
    "GRATH": (37.9838, 23.7278),
    "ROCND": (44.1807, 28.6343),
    "MKSKP": (41.9965, 21.4314),
    "METGD": (42.4412, 19.2631),
    "MENIK": (42.7731, 18.9445),
    "MEKOT": (42.4207, 18.7682),
    "BGSOF": (42.6975, 23.3241),
}

NAMES = {
    "TRIST": "Istanbul",
    "BASJJ": "Sarajevo",
    "TRCKZ": "Çanakkale",
    "XKPRN": "Pristina",
    "ALTIA": "Tirana",
    "GRATH": "Athens",
    "ROCND": "Constanța",
    "MKSKP": "Skopje",
    "METGD": "Podgorica",
    "MENIK": "Nikšić",
    "MEKOT": "Kotor",
    "BGSOF": "Sofia",
}

LISTED = ("BASJJ", "TRCKZ", "XKPRN", "ALTIA", "GRATH", "ROCND", "MKSKP", "METGD", "MENIK", "MEKOT")
"""The ten cities of the Festival Bus of 2022, in the order in which they were listed."""

SHORTEST = ("ROCND", "TRCKZ", "GRATH", "MKSKP", "XKPRN", "ALTIA", "METGD", "MEKOT", "MENIK", "BASJJ")

POPULATIONS = {
    "TRIST": 15_701_602,
    "BASJJ": 696_731,
    "TRCKZ": 143_622,
    "XKPRN": 550_000,
    "ALTIA": 418_495,
    "GRATH": 664_046,
    "ROCND": 317_832,
    "MKSKP": 474_889,
    "METGD": 236_852,
    "MENIK": 58_212,
    "MEKOT": 5_345,
}
