"""Parameters that no ArduPilot release describes, and labels of values and bits."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GERMAN: Final[Mapping[str, str]] = MappingProxyType({
    # parameters
    "Countdown from GO to takeoff": "Countdown von GO bis zum Start",
    "GO by itself this long after start-up, once; 0 = wait for GO":
        "GO von selbst so lange nach dem Einschalten, einmal; 0 = auf GO warten",
    "A flight begun by GO lands after this time; 0 = when its mission ends":
        "Ein mit GO begonnener Flug landet nach dieser Zeit; 0 = wenn seine Mission endet",
    "What GO flies": "Was GO fliegt",
    "Arm before the countdown, or at its end": "Scharf vor dem Countdown oder an seinem Ende",
    "Motors are cut when the vehicle leans more than this for 0.5 s; 0 = off":
        "Die Motoren werden abgeschaltet, wenn es 0,5 s lang weiter geneigt ist; 0 = aus",
    "Motors are cut above this height; 0 = off": "Über dieser Höhe werden die Motoren abgeschaltet; 0 = aus",
    "When DO items run: with the leg to the item before them, or after it":
        "Wann DO-Punkte ausgeführt werden: mit dem Weg zum Punkt davor oder danach",
    "Wind above this returns the vehicle (RTL); 0 = off": "Bei stärkerem Wind kehrt es zurück (RTL); 0 = aus",
    "Say what a rehearsal's rules find in an uploaded plan":
        "Sagen, was die Regeln einer Probe an einem geladenen Plan finden",
    "Land on a target": "Auf einem Ziel landen",
    "Who tells where the target is": "Wer sagt, wo das Ziel ist",
    "From the vehicle's nose to the sensor's x axis": "Von der Nase zur x-Achse des Sensors",
    "Lands so far in front of the target": "Landet so weit vor dem Ziel",
    "Lands so far to the right of the target": "Landet so weit rechts vom Ziel",
    "What is believed": "Was geglaubt wird",
    "No descent while the target is farther off; 0 = always":
        "Kein Sinken, solange das Ziel weiter weg ist; 0 = immer",
    "What is done when the target stays lost": "Was geschieht, wenn das Ziel verloren bleibt",
    "Retries of a landing; 0 = none": "Neue Versuche einer Landung; 0 = keine",
    "How long it sinks on before it retries": "Wie lange es weiter sinkt, bevor es neu versucht",
    "Where a retry goes": "Wohin ein neuer Versuch führt",
    "Lower than this it lands without the target; 0 = no such height":
        "Tiefer landet es ohne das Ziel; 0 = keine solche Höhe",
    "Higher than this it sinks without the target; 0 = no such height":
        "Höher sinkt es ohne das Ziel; 0 = keine solche Höhe",
    "Options": "Optionen",
    "There is a pad, and a sensor for it": "Es gibt ein Landefeld und einen Sensor dafür",
    "Latitude that SIM_PLD_N counts from; with LON 0 the start":
        "Breite, von der SIM_PLD_N zählt; mit LON 0 der Ort des Einschaltens",
    "Longitude that SIM_PLD_E counts from; with LAT 0 the start":
        "Länge, von der SIM_PLD_E zählt; mit LAT 0 der Ort des Einschaltens",
    "Pad north of SIM_PLD_LAT": "Landefeld nördlich von SIM_PLD_LAT",
    "Pad east of SIM_PLD_LON": "Landefeld östlich von SIM_PLD_LON",
    "Pad above where the vehicle was switched on": "Landefeld über dem Ort des Einschaltens",
    "Pads move north": "Die Landefelder bewegen sich nach Norden",
    "Pads move east": "Die Landefelder bewegen sich nach Osten",
    "Second pad north of the first; with E 0 there is none":
        "Zweites Landefeld nördlich vom ersten; mit E 0 gibt es keines",
    "Second pad east of the first; with N 0 there is none":
        "Zweites Landefeld östlich vom ersten; mit N 0 gibt es keines",
    "Looks of the sensor in a second": "Blicke des Sensors in einer Sekunde",
    "Field of view of the sensor, a cone": "Blickfeld des Sensors, ein Kegel",
    "It sees pads at most so far below": "Er sieht Landefelder höchstens so weit unter sich",
    "It sees pads at most so far aside": "Er sieht Landefelder höchstens so weit seitlich",
    "Error of the direction (standard deviation)": "Fehler der Richtung (Standardabweichung)",
    "Looks that see nothing": "Blicke, die nichts sehen",
    "So long in a row; 0 = each look for itself": "So lange am Stück; 0 = jeder Blick für sich",
    "The camera that hangs on the vehicle": "Die Kamera am Fahrzeug",
    "Shortest time between two pictures": "Kürzeste Zeit zwischen zwei Bildern",
    "Width of the camera's sensor": "Breite des Sensors der Kamera",
    "Height of the camera's sensor": "Höhe des Sensors der Kamera",
    "Shortest focal length of the camera's lens": "Kürzeste Brennweite der Kamera",
    "Longest focal length over the shortest": "Längste Brennweite im Verhältnis zur kürzesten",
    "Columns of a picture": "Spalten eines Bildes",
    "Rows of a picture": "Zeilen eines Bildes",
    "Where a camera without a gimbal looks; -90 = straight down":
        "Wohin eine Kamera ohne Gimbal blickt; -90 = senkrecht nach unten",
    "Room for pictures, MiB": "Platz für Bilder, MiB",
    # the camera's settings
    "Camera mode": "Betriebsart der Kamera", "Photo": "Foto", "Survey": "Vermessung",
    "Exposure mode": "Art der Belichtung", "Exposure compensation": "Belichtungskorrektur", "ISO": "ISO",
    "Shutter speed": "Verschlusszeit", "White balance": "Weißabgleich", "Sunny": "Sonnig", "Cloudy": "Bewölkt",
    "Incandescent": "Glühlampe", "Photo quality": "Güte der Fotos", "Fine": "Fein", "Good": "Gut", "Small": "Klein",
    # labels
    "No": "Nein", "Yes": "Ja", "Yes, by force": "Ja, mit Gewalt", "None": "Keine", "Nothing": "Nichts",
    "Nobody": "Niemand", "Do Nothing": "Nichts tun", "Off": "Aus", "First": "Der erste", "Second": "Der zweite",
    "Third": "Der dritte", "All": "Alle", "Undefined": "Unbestimmt", "Warn only": "Nur warnen",
    "Land": "Landen", "Circle": "Kreisen", "Brake": "Bremsen", "Brake Mode": "Bremsen", "Hold": "Halten",
    "Follow": "Folgen", "Dock": "Andocken", "Steering": "Lenken", "Manual": "Von Hand", "Fence": "Zaun",
    "Camera Trigger": "Kamera auslösen", "Terminate": "Beenden", "Auto Mode": "Modus Auto",
    "PrecLoiter Enable": "Loiter über dem Ziel",
    "SmartRTL or RTL": "SmartRTL oder RTL", "SmartRTL or Hold": "SmartRTL oder Halten",
    "SmartRTL or Land": "SmartRTL oder Landen", "Loiter or Hold": "Loiter oder Halten",
    "Brake or Land": "Bremsen oder Landen", "DO_LAND_START or RTL": "DO_LAND_START oder RTL",
    "Yes, but go on in AUTO": "Ja, aber in AUTO weiter", "The mission": "Die Mission",
    "Hover at 5 m for FM_DURATION": "FM_DURATION lang in 5 m schweben", "At its end": "An seinem Ende",
    "Before": "Davor", "Barometer": "Barometer", "Compass": "Kompass", "GPS lock": "GPS-Position",
    "Parameters": "Parameter", "RC channels": "Fernsteuerung", "Board voltage": "Spannung des Controllers",
    "Battery level": "Ladung des Akkus", "Logging": "Aufzeichnung", "Safety switch": "Sicherheitsschalter",
    "The simulator's pads": "Die Landefelder des Simulators", "The last look": "Der letzte Blick",
    "Kalman filter": "Kalman-Filter", "Land there": "Dort landen", "The target moves": "Das Ziel bewegt sich",
    "Retry, then land there": "Neu versuchen, dann dort landen",
    "Retry, then stay in the air": "Neu versuchen, dann in der Luft bleiben",
    "Where the vehicle saw the target last": "Wo es das Ziel zuletzt sah", "Over the target": "Über das Ziel",
    "No slower at the end": "Am Ende nicht langsamer",
})  # fmt: skip
