"""What marketing works with: statuses, sources, pages, forms, mails and programs."""

STATUSES = ("New", "Working", "Marketing Qualified", "Recycled", None)
SOURCES = ("Web", "Event", "Content Syndication", "展示会", "Purchased List", None)
PAGES = (
    (71, "www.revops-lab.example/pricing"),
    (72, "www.revops-lab.example/product"),
    (73, "www.revops-lab.example/ja/cases"),
    (74, "www.revops-lab.example/blog/revenue-operations"),
)
FORMS = ((1001, "Contact us"), (1002, "資料請求"), (1003, "Webinar registration"))
MAILS = ((2001, "Newsletter EM-01"), (2002, "製品ニュース EM-02"), (2003, "Webinar invite EM-03"))
# Name, type, channel, first month's cost and its steps; the last step is the success.
PROGRAMS = (
    ("Webinar: RevOps 入門", "Event with Webinar", "Webinar", 300_000,
     ("Invited", "Registered", "No Show", "Attended")),
    ("Webinar: Pipeline reviews", "Event with Webinar", "Webinar", 180_000,
     ("Invited", "Registered", "No Show", "Attended")),
    ("展示会 Japan IT Week", "Event", "Tradeshow", 2_400_000,
     ("Invited", "Registered", "Visited Booth")),
    ("SaaS Summit booth", "Event", "Tradeshow", 1_650_000,
     ("Invited", "Registered", "Visited Booth")),
    ("Ebook: One customer truth", "Default", "Content", 90_000, ("Web Content", "Downloaded")),
    ("Nurture: trial users", "Engagement", "Nurture", 0, ("Member", "Engaged")),
    ("ZZ test program (do not use)", "Default", "Operational", 0, ("Member", "Influenced")),
)  # fmt: skip
