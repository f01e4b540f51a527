"""Words of English names, places and companies, typed for the population; no list is copied.

Names are ordered roughly by how common they are, so that a rank can be their weight.
"""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


MALE = _words("""
James John Robert Michael William David Richard Joseph Thomas Charles Christopher Daniel Matthew
Anthony Mark Donald Steven Paul Andrew Joshua Kenneth Kevin Brian George Edward Ronald Timothy
Jason Jeffrey Ryan Jacob Gary Nicholas Eric Jonathan Stephen Larry Justin Scott Brandon Benjamin
Samuel Gregory Frank Alexander Raymond Patrick Jack Dennis Jerry Tyler Aaron Jose Adam Henry
Nathan Douglas Zachary Peter Kyle Walter Ethan Jeremy Harold Keith Christian Roger Noah Gerald
Carl Terry Sean Austin Arthur Lawrence Jesse Dylan Bryan Joe Jordan Billy Bruce Albert Willie
Gabriel Logan Alan Juan Wayne Roy Ralph Randy Eugene Vincent Russell Elijah Louis Bobby Philip
Johnny Oliver Leon Victor Martin Stuart Graham Nigel Clive Ivan Hugo Felix Oscar Simon Theodore
Frederick Edmund
""")
FEMALE = _words("""
Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Nancy Lisa Betty Margaret
Sandra Ashley Kimberly Emily Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca
Sharon Laura Cynthia Kathleen Amy Angela Shirley Anna Brenda Pamela Emma Nicole Helen Samantha
Katherine Christine Debra Rachel Carolyn Janet Catherine Maria Heather Diane Ruth Julie Olivia
Joyce Virginia Victoria Kelly Lauren Christina Joan Evelyn Judith Megan Andrea Cheryl Hannah
Jacqueline Martha Gloria Teresa Ann Sara Madison Frances Kathryn Janice Jean Abigail Alice Julia
Judy Sophia Grace Denise Amber Doris Marilyn Danielle Beverly Isabella Theresa Diana Natalie
Brittany Charlotte Marie Kayla Alexis Lori Fiona Gemma Imogen Philippa Rosemary Eleanor Josephine
Priscilla Harriet
""")

# How people call themselves; the first is the name in the register.
NICKNAMES = {
    line.split()[0]: line.split()[1:]
    for line in """
James Jim Jimmy Jamie
John Jack Johnny
Robert Bob Rob Bobby
Michael Mike Mick
William Bill Will Billy
David Dave
Richard Rick Dick Rich
Joseph Joe Joey
Thomas Tom Tommy
Charles Charlie Chuck
Christopher Chris
Daniel Dan Danny
Matthew Matt
Anthony Tony
Donald Don
Steven Steve
Andrew Andy Drew
Joshua Josh
Kenneth Ken Kenny
Edward Ed Ted Eddie
Ronald Ron
Timothy Tim
Jeffrey Jeff
Nicholas Nick
Jonathan Jon
Stephen Steve
Benjamin Ben
Samuel Sam
Gregory Greg
Alexander Alex Sandy
Raymond Ray
Patrick Pat
Zachary Zach
Peter Pete
Walter Walt
Gerald Jerry
Lawrence Larry
Albert Al Bert
Gabriel Gabe
Eugene Gene
Vincent Vince
Philip Phil
Theodore Ted Theo
Frederick Fred Freddie
Patricia Pat Trish Patty
Jennifer Jen Jenny
Elizabeth Liz Beth Betty Lizzie
Barbara Barb Babs
Susan Sue Susie
Jessica Jess
Margaret Maggie Peggy Meg
Kimberly Kim
Deborah Debbie Deb
Stephanie Steph
Rebecca Becky
Cynthia Cindy
Kathleen Kathy
Angela Angie
Pamela Pam
Samantha Sam
Katherine Kate Kathy Katie
Christine Chris Tina
Rachel Rae
Catherine Cathy Kate
Victoria Vicky Tori
Christina Tina Chris
Jacqueline Jackie
Teresa Terry Tess
Frances Fran
Kathryn Kathy Kate
Abigail Abby
Theresa Terry
Diana Di
Natalie Nat
Eleanor Ellie Nell
Josephine Jo Josie
Philippa Pippa
Rosemary Rosie
Priscilla Cilla
Amanda Mandy
Melissa Mel
Sandra Sandy
Emily Em Emmy
Nancy Nan
Michelle Shelly
Danielle Dani
Judith Judy
""".strip().splitlines()
}

LAST = _words("""
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark
Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams
Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker
Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James
Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster
Jimenez Powell Jenkins Perry Russell Sullivan Bell Coleman Butler Henderson Barnes Fisher Vasquez
Simmons Graham Murray Ford Castro Marshall Owens Harrison Fernandez Wallace Kennedy Wells Vargas
Henry Chen Freeman Webb Tucker Guzman Burns Crawford Olson Simpson Porter Hunter Gordon Mendez
Silva Shaw Snyder Mason Dixon Munoz Hunt Hicks Holmes Palmer Wagner Black Robertson Boyd Stone
Salazar Fox Warren Mills Meyer Rice Schmidt Garza Daniels Ferguson Nichols Stephens Soto Weaver
Ryan Gardner Payne Grant Dunn Kelley Spencer Hawkins Arnold Pierce Hansen Peters Santos Hart
Bradley Knight Elliott Cunningham Duncan Armstrong Hudson Carroll Lane Riley Andrews Alvarado Ray
Delgado Berry Perkins Hoffman Johnston Matthews Pena Richards Contreras Willis Carpenter Lawrence
Sandoval Guerrero George Chapman O'Brien O'Connor McDonald McCarthy MacLeod Schneider Muller
Becker Dubois Laurent Rossi Ferrari Novak Kowalski Jansen Visser Andersson Lindqvist Nakamura
Tanaka Watanabe Yamamoto Singh Sharma Gupta Kumar Wang Zhang Liu
""")
# The tail of the last names: beginnings with endings, as they are made.
LAST_FIRST = _words("""
Ash Black Brad Carl Clif Dal Ell Far Gold Hamp Har Hol Kel Lang Lin Mil Nor Oak Pem Quin Rad Red
Rock Shel Sher Stan Stock Sut Thorn Tol Under Wake Wal War Wes Whit Win Wood Worth Yar Brook Cran
Den Eller Fair
""")
LAST_LAST = _words("""
ford ton ley well wood worth field land man ham bury den shaw stone more wick ridge berg mann
stein
""")

BRAND = _words("""
Acme Apex Atlas Aurora Beacon Birch Blue Bright Cascade Cedar Citadel Cobalt Comet Compass Coral
Crest Crown Crystal Delta Dynamo Eagle Echo Element Ember Empire Epic Equinox Evergreen Falcon
First Flint Forge Frontier Fusion Galaxy Garnet Genesis Glacier Global Golden Granite Gravity
Green Harbor Hawk Helix Heritage Highland Horizon Hudson Icon Imperial Indigo Infinity Ion Iron
Ivory Jade Juniper Kestrel Keystone Lattice Legacy Liberty Lighthouse Lumen Lunar Magnolia Maple
Meridian Metro Midland Monarch Mosaic Mountain National Nebula Nexus Nimbus Noble North Northern
Nova Oak Oasis Ocean Olympic Omega Onyx Optima Orbit Orchid Orion Osprey Pacific Paragon Patriot
Peak Pegasus Phoenix Pilot Pine Pinnacle Pioneer Polar Prairie Premier Prime Prism Progress Pulse
Quantum Quest Quill Radian Rapid Raven Redwood Regal Ridge River Rocket Royal Sable Sage Sapphire
Scout Sequoia Sierra Sigma Silver Solar Solstice Sonic Spectrum Spring Star Sterling Stone Stratus
Summit Sun Superior Swift Synergy Tandem Tech Tempo Terra Thunder Titan Torch Trident Trinity
Triton True Tundra Twin Union United Unity Urban Valley Vanguard Vantage Vector Velocity Venture
Vertex Victory Vista Vital Vivid Wharf Willow Wind Wolf Yarrow Zen Zenith Zephyr Zircon
""")
INDUSTRY = _words("""
Aerospace Analytics Automation Automotive Biotech Capital Chemicals Cloud Coatings Components
Construction Consulting Data Dental Design Diagnostics Digital Distribution Dynamics Education
Electric Electronics Energy Engineering Environmental Financial Foods Foundry Freight Furniture
Games Glass Health Holdings Hospitality Imaging Industries Instruments Insurance Interiors Labs
Lighting Logistics Machinery Management Manufacturing Marine Marketing Materials Media Medical
Metals Mining Mobility Motors Networks Optics Packaging Paper Partners Pharma Plastics Power
Printing Properties Publishing Recruiting Renewables Retail Robotics Security Semiconductor
Services Software Solutions Staffing Steel Storage Studios Systems Technologies Telecom Textiles
Tools Trading Transport Travel Ventures Water
""")
FORMS = [
    "Inc.", "Ltd", "LLC", "Corporation", "GmbH", "PLC",
    "Corp.", "Limited", "Co.", ", Inc", ", LLC", ", Ltd.",
]  # fmt: skip
TLDS = ["com", "io", "co.uk", "co", "de", "net"]
CITIES = [
    *_words("""
London Manchester Birmingham Leeds Bristol Glasgow Edinburgh Dublin Boston Austin Dallas Houston
Chicago Seattle Portland Denver Atlanta Miami Phoenix Toronto Vancouver Sydney Melbourne Singapore
Berlin Munich Amsterdam Brussels Philadelphia Detroit Cleveland Nashville Charlotte Baltimore
"""),
    "New York", "San Francisco", "Los Angeles", "San Diego",
]  # fmt: skip
STREETS = ["Blvd", "St", "Rd", "Ave", "Lane", "Way"]
TITLES = ["VP Sales", "CEO", "Manager", "Engineer", "Director", "Buyer"]
