"""What each Pokemon runs: species -> movesets with weights (how often it is seen with them, roughly).

From the standard RBY OU sets for OU Pokemon; for the others, what they do best with their movepool. Plain data,
every row of it legal in gen1ou (tests/pokemon/teams/test_team_variety.py asks Showdown's validator).
"""

MOVESETS: dict[str, dict[str, int]] = {
    # Standard OU.
    "Tauros": {
        "Body Slam / Hyper Beam / Earthquake / Blizzard": 8,
        "Body Slam / Hyper Beam / Blizzard / Thunderbolt": 1,
        "Body Slam / Hyper Beam / Earthquake / Fire Blast": 1,
    },
    "Chansey": {
        "Ice Beam / Thunderbolt / Thunder Wave / Soft-Boiled": 4,
        "Ice Beam / Reflect / Thunder Wave / Soft-Boiled": 3,
        "Seismic Toss / Reflect / Thunder Wave / Soft-Boiled": 2,
        "Ice Beam / Counter / Thunder Wave / Soft-Boiled": 1,
        "Ice Beam / Sing / Thunder Wave / Soft-Boiled": 1,
    },
    "Snorlax": {
        "Body Slam / Hyper Beam / Earthquake / Self-Destruct": 4,
        "Body Slam / Ice Beam / Reflect / Rest": 3,
        "Body Slam / Earthquake / Reflect / Rest": 2,
        "Amnesia / Ice Beam / Body Slam / Rest": 2,
        "Amnesia / Blizzard / Body Slam / Self-Destruct": 1,
        "Body Slam / Earthquake / Counter / Self-Destruct": 1,
    },
    "Exeggutor": {
        "Sleep Powder / Stun Spore / Psychic / Explosion": 6,
        "Sleep Powder / Psychic / Double-Edge / Explosion": 2,
        "Sleep Powder / Mega Drain / Psychic / Explosion": 1,
        "Sleep Powder / Stun Spore / Psychic / Rest": 1,
        "Stun Spore / Psychic / Double-Edge / Explosion": 1,
    },
    "Starmie": {
        "Blizzard / Thunderbolt / Thunder Wave / Recover": 4,
        "Psychic / Blizzard / Thunder Wave / Recover": 3,
        "Surf / Blizzard / Thunder Wave / Recover": 1,
        "Surf / Blizzard / Thunderbolt / Recover": 1,
        "Blizzard / Reflect / Thunder Wave / Recover": 1,
    },
    "Alakazam": {
        "Psychic / Seismic Toss / Thunder Wave / Recover": 4,
        "Psychic / Reflect / Thunder Wave / Recover": 3,
        "Psychic / Counter / Thunder Wave / Recover": 1,
    },
    "Gengar": {
        "Hypnosis / Night Shade / Thunderbolt / Explosion": 3,
        "Hypnosis / Psychic / Thunderbolt / Explosion": 3,
        "Hypnosis / Mega Drain / Thunderbolt / Explosion": 1,
        "Seismic Toss / Thunderbolt / Mega Drain / Explosion": 1,
    },
    "Jynx": {
        "Lovely Kiss / Blizzard / Psychic / Rest": 5,
        "Lovely Kiss / Blizzard / Psychic / Counter": 2,
        "Lovely Kiss / Blizzard / Psychic / Mimic": 1,
        "Lovely Kiss / Blizzard / Psychic / Body Slam": 1,
    },
    "Zapdos": {
        "Thunderbolt / Drill Peck / Thunder Wave / Agility": 4,
        "Thunderbolt / Drill Peck / Thunder Wave / Rest": 2,
        "Thunderbolt / Drill Peck / Thunder Wave / Light Screen": 1,
        "Thunderbolt / Drill Peck / Agility / Hyper Beam": 1,
    },
    "Rhydon": {
        "Earthquake / Rock Slide / Body Slam / Substitute": 4,
        "Earthquake / Rock Slide / Body Slam / Rest": 2,
        "Earthquake / Rock Slide / Substitute / Rest": 1,
    },
    "Golem": {
        "Earthquake / Rock Slide / Body Slam / Explosion": 5,
        "Earthquake / Rock Slide / Counter / Explosion": 1,
    },
    "Lapras": {
        "Blizzard / Thunderbolt / Sing / Rest": 2,
        "Blizzard / Thunderbolt / Body Slam / Rest": 3,
        "Blizzard / Thunderbolt / Confuse Ray / Rest": 2,
        "Blizzard / Thunderbolt / Reflect / Rest": 1,
    },
    "Cloyster": {
        "Surf / Blizzard / Hyper Beam / Explosion": 2,
        "Surf / Blizzard / Rest / Explosion": 2,
        "Surf / Blizzard / Reflect / Explosion": 1,
        "Clamp / Blizzard / Rest / Explosion": 3,
        "Clamp / Surf / Blizzard / Explosion": 3,
    },
    "Slowbro": {
        "Amnesia / Surf / Thunder Wave / Rest": 5,
        "Amnesia / Surf / Reflect / Rest": 1,
        "Surf / Psychic / Thunder Wave / Rest": 1,
        "Amnesia / Blizzard / Thunder Wave / Rest": 1,
    },
    "Jolteon": {
        "Thunderbolt / Thunder Wave / Double Kick / Rest": 3,
        "Thunderbolt / Thunder Wave / Pin Missile / Agility": 2,
        "Thunderbolt / Thunder Wave / Body Slam / Double Kick": 2,
    },
    "Hypno": {
        "Hypnosis / Psychic / Thunder Wave / Rest": 3,
        "Hypnosis / Psychic / Thunder Wave / Seismic Toss": 2,
        "Psychic / Thunder Wave / Reflect / Rest": 1,
    },
    "Persian": {
        "Slash / Hyper Beam / Thunderbolt / Bubble Beam": 3,
        "Slash / Body Slam / Hyper Beam / Bubble Beam": 2,
    },
    # Grass and bugs.
    "Victreebel": {
        "Sleep Powder / Swords Dance / Razor Leaf / Body Slam": 2,
        "Sleep Powder / Swords Dance / Razor Leaf / Hyper Beam": 2,
        "Sleep Powder / Stun Spore / Razor Leaf / Body Slam": 2,
        "Sleep Powder / Wrap / Razor Leaf / Stun Spore": 3,
    },
    "Venusaur": {
        "Sleep Powder / Swords Dance / Razor Leaf / Body Slam": 2,
        "Sleep Powder / Swords Dance / Razor Leaf / Hyper Beam": 1,
        "Sleep Powder / Leech Seed / Razor Leaf / Body Slam": 1,
    },
    "Vileplume": {
        "Sleep Powder / Stun Spore / Mega Drain / Body Slam": 2,
        "Sleep Powder / Swords Dance / Mega Drain / Body Slam": 1,
    },
    "Parasect": {
        "Spore / Stun Spore / Mega Drain / Body Slam": 2,
        "Spore / Swords Dance / Body Slam / Hyper Beam": 2,
    },
    "Tangela": {
        "Sleep Powder / Stun Spore / Mega Drain / Body Slam": 2,
        "Sleep Powder / Growth / Mega Drain / Body Slam": 2,
        "Sleep Powder / Stun Spore / Mega Drain / Bind": 2,
    },
    "Venomoth": {
        "Sleep Powder / Stun Spore / Psychic / Mega Drain": 2,
        "Sleep Powder / Stun Spore / Psychic / Double-Edge": 2,
    },
    "Butterfree": {
        "Sleep Powder / Stun Spore / Psychic / Mega Drain": 1,
        "Sleep Powder / Stun Spore / Psychic / Double-Edge": 1,
    },
    "Pinsir": {
        "Swords Dance / Body Slam / Hyper Beam / Submission": 2,
        "Swords Dance / Slash / Hyper Beam / Submission": 1,
        "Swords Dance / Hyper Beam / Bind / Body Slam": 2,
    },
    "Scyther": {
        "Swords Dance / Slash / Hyper Beam / Agility": 2,
        "Slash / Double-Edge / Hyper Beam / Agility": 1,
    },
    # Normal types.
    "Kangaskhan": {
        "Body Slam / Hyper Beam / Earthquake / Rock Slide": 2,
        "Body Slam / Hyper Beam / Earthquake / Counter": 1,
        "Body Slam / Hyper Beam / Earthquake / Blizzard": 1,
    },
    "Dodrio": {
        "Drill Peck / Body Slam / Hyper Beam / Agility": 3,
        "Drill Peck / Body Slam / Hyper Beam / Reflect": 1,
    },
    "Fearow": {"Drill Peck / Double-Edge / Hyper Beam / Agility": 1},
    "Pidgeot": {
        "Sky Attack / Double-Edge / Hyper Beam / Agility": 1,
        "Sand Attack / Double-Edge / Hyper Beam / Agility": 1,
    },
    "Raticate": {"Super Fang / Body Slam / Hyper Beam / Blizzard": 1},
    "Clefable": {
        "Body Slam / Blizzard / Thunderbolt / Thunder Wave": 2,
        "Sing / Blizzard / Thunder Wave / Body Slam": 1,
        "Blizzard / Counter / Thunder Wave / Body Slam": 1,
    },
    "Wigglytuff": {
        "Body Slam / Blizzard / Thunder Wave / Sing": 1,
        "Body Slam / Blizzard / Thunder Wave / Counter": 1,
    },
    "Lickitung": {
        "Swords Dance / Body Slam / Hyper Beam / Earthquake": 2,
        "Swords Dance / Body Slam / Earthquake / Blizzard": 1,
        "Wrap / Swords Dance / Body Slam / Earthquake": 2,
    },
    "Porygon": {
        "Recover / Thunder Wave / Blizzard / Thunderbolt": 2,
        "Recover / Thunder Wave / Tri Attack / Psychic": 1,
        "Recover / Thunder Wave / Double-Edge / Blizzard": 1,
    },
    "Farfetch’d": {"Swords Dance / Slash / Body Slam / Agility": 1},
    # Psychics and ghosts.
    "Kadabra": {
        "Psychic / Thunder Wave / Recover / Reflect": 2,
        "Psychic / Thunder Wave / Recover / Seismic Toss": 2,
    },
    "Mr. Mime": {
        "Psychic / Thunderbolt / Thunder Wave / Seismic Toss": 1,
        "Psychic / Thunderbolt / Thunder Wave / Reflect": 1,
    },
    "Haunter": {
        "Hypnosis / Psychic / Thunderbolt / Explosion": 2,
        "Hypnosis / Night Shade / Thunderbolt / Explosion": 2,
    },
    # Water and ice.
    "Vaporeon": {
        "Surf / Blizzard / Acid Armor / Rest": 2,
        "Surf / Blizzard / Body Slam / Rest": 2,
    },
    "Gyarados": {
        "Hydro Pump / Blizzard / Thunderbolt / Body Slam": 2,
        "Surf / Blizzard / Thunderbolt / Body Slam": 1,
        "Blizzard / Thunderbolt / Body Slam / Hyper Beam": 2,
    },
    "Tentacruel": {
        "Swords Dance / Surf / Blizzard / Hyper Beam": 2,
        "Surf / Blizzard / Mega Drain / Reflect": 1,
        "Wrap / Surf / Blizzard / Swords Dance": 2,
        "Wrap / Hydro Pump / Blizzard / Swords Dance": 1,
    },
    "Poliwrath": {
        "Amnesia / Hypnosis / Surf / Blizzard": 3,
        "Hypnosis / Body Slam / Submission / Earthquake": 1,
        "Hypnosis / Surf / Submission / Psychic": 1,
    },
    "Blastoise": {
        "Surf / Blizzard / Body Slam / Rest": 2,
        "Surf / Blizzard / Body Slam / Earthquake": 1,
        "Surf / Blizzard / Reflect / Rest": 1,
    },
    "Golduck": {
        "Amnesia / Surf / Blizzard / Rest": 2,
        "Amnesia / Hydro Pump / Blizzard / Body Slam": 1,
    },
    "Dewgong": {
        "Surf / Blizzard / Body Slam / Rest": 2,
        "Surf / Blizzard / Body Slam / Hyper Beam": 1,
    },
    "Kingler": {
        "Swords Dance / Crabhammer / Body Slam / Hyper Beam": 2,
        "Swords Dance / Blizzard / Body Slam / Hyper Beam": 1,
    },
    "Seadra": {
        "Surf / Blizzard / Agility / Hyper Beam": 1,
        "Smokescreen / Surf / Blizzard / Rest": 1,
    },
    "Articuno": {
        "Blizzard / Agility / Hyper Beam / Rest": 2,
        "Ice Beam / Blizzard / Reflect / Rest": 2,
        "Blizzard / Agility / Sky Attack / Hyper Beam": 1,
    },
    # Electric.
    "Raichu": {
        "Thunderbolt / Thunder Wave / Surf / Body Slam": 2,
        "Thunderbolt / Thunder Wave / Surf / Agility": 1,
    },
    "Electabuzz": {
        "Thunderbolt / Thunder Wave / Psychic / Seismic Toss": 2,
        "Thunderbolt / Thunder Wave / Psychic / Body Slam": 1,
    },
    "Electrode": {
        "Thunderbolt / Thunder Wave / Explosion / Hyper Beam": 2,
        "Thunderbolt / Thunder Wave / Explosion / Light Screen": 1,
    },
    "Magneton": {
        "Thunderbolt / Thunder Wave / Double-Edge / Rest": 1,
        "Thunderbolt / Thunder Wave / Double-Edge / Hyper Beam": 1,
    },
    # Ground and poison.
    "Dugtrio": {
        "Earthquake / Rock Slide / Slash / Substitute": 2,
        "Earthquake / Rock Slide / Slash / Body Slam": 2,
        "Earthquake / Slash / Sand Attack / Rock Slide": 1,
    },
    "Sandslash": {"Swords Dance / Earthquake / Rock Slide / Body Slam": 1},
    "Marowak": {
        "Earthquake / Body Slam / Blizzard / Seismic Toss": 1,
        "Earthquake / Body Slam / Blizzard / Counter": 1,
    },
    "Nidoking": {
        "Earthquake / Blizzard / Thunderbolt / Body Slam": 2,
        "Earthquake / Blizzard / Thunderbolt / Rock Slide": 2,
        "Earthquake / Blizzard / Thunderbolt / Substitute": 1,
    },
    "Nidoqueen": {
        "Earthquake / Blizzard / Thunderbolt / Body Slam": 2,
        "Earthquake / Blizzard / Thunderbolt / Counter": 1,
    },
    "Muk": {
        "Body Slam / Sludge / Thunderbolt / Explosion": 1,
        "Body Slam / Mega Drain / Fire Blast / Explosion": 1,
    },
    "Weezing": {"Sludge / Thunderbolt / Fire Blast / Explosion": 1},
    "Arbok": {
        "Glare / Earthquake / Rock Slide / Body Slam": 2,
        "Glare / Earthquake / Body Slam / Hyper Beam": 1,
        "Glare / Wrap / Earthquake / Body Slam": 3,
    },
    # Dragons, fighters.
    "Dragonite": {
        "Thunder Wave / Blizzard / Thunderbolt / Body Slam": 2,
        "Agility / Body Slam / Hyper Beam / Blizzard": 1,
        "Agility / Wrap / Hyper Beam / Blizzard": 4,
        "Wrap / Thunder Wave / Body Slam / Blizzard": 1,
    },
    "Machamp": {
        "Body Slam / Submission / Earthquake / Rock Slide": 2,
        "Body Slam / Submission / Earthquake / Hyper Beam": 1,
        "Body Slam / Submission / Earthquake / Counter": 1,
    },
    "Primeape": {
        "Submission / Body Slam / Rock Slide / Hyper Beam": 1,
        "Low Kick / Body Slam / Rock Slide / Hyper Beam": 1,
    },
    "Hitmonlee": {"High Jump Kick / Body Slam / Seismic Toss / Meditate": 1},
    # Fossils and other rocks.
    "Aerodactyl": {
        "Double-Edge / Hyper Beam / Fire Blast / Agility": 1,
        "Sky Attack / Double-Edge / Hyper Beam / Fire Blast": 1,
    },
    "Omastar": {
        "Surf / Blizzard / Body Slam / Rest": 1,
        "Hydro Pump / Blizzard / Seismic Toss / Rest": 1,
    },
    "Kabutops": {
        "Swords Dance / Surf / Slash / Hyper Beam": 2,
        "Swords Dance / Surf / Body Slam / Hyper Beam": 1,
    },
    "Onix": {"Earthquake / Rock Slide / Body Slam / Explosion": 1},
    # Fire.
    "Moltres": {
        "Fire Blast / Agility / Hyper Beam / Double-Edge": 2,
        "Fire Blast / Reflect / Hyper Beam / Rest": 1,
        "Fire Spin / Agility / Fire Blast / Hyper Beam": 3,
    },
    "Charizard": {
        "Swords Dance / Earthquake / Fire Blast / Hyper Beam": 2,
        "Swords Dance / Earthquake / Fire Blast / Body Slam": 2,
        "Fire Spin / Swords Dance / Earthquake / Hyper Beam": 1,
    },
    "Arcanine": {
        "Fire Blast / Body Slam / Hyper Beam / Agility": 2,
        "Fire Blast / Body Slam / Reflect / Rest": 1,
    },
    "Ninetales": {
        "Fire Blast / Confuse Ray / Body Slam / Substitute": 1,
        "Fire Blast / Confuse Ray / Body Slam / Reflect": 1,
        "Fire Spin / Confuse Ray / Fire Blast / Body Slam": 2,
    },
    "Rapidash": {
        "Fire Blast / Agility / Body Slam / Hyper Beam": 2,
        "Fire Spin / Agility / Fire Blast / Hyper Beam": 2,
    },
    "Flareon": {"Fire Blast / Body Slam / Hyper Beam / Quick Attack": 1},
    "Magmar": {
        "Fire Blast / Confuse Ray / Body Slam / Hyper Beam": 1,
        "Fire Blast / Psychic / Body Slam / Seismic Toss": 1,
    },
}
