-- placeholder until the types room is built
CREATE DOMAIN opres.impact_tolerance AS text;
CREATE DOMAIN opres.duration_distribution AS text;
