"""Who is who: which records of the tools are one company or one person, and why."""
