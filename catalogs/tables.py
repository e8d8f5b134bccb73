"""The tables of ``catalog.duckdb``, in SQL, in the order in which they are made.

They read the typed cells (``cell_<column>``: `key`, `d`), `outcomes`, `sidecar_rows` and `manifest_shards`,
which `catalogs.database` provides while it builds. Views read tables of the same database only: a path inside
a view would be looked up in the working folder of whoever opens it.
"""

from __future__ import annotations

FILTERS = ("hygiene", "leakage", "rules", "ocr", "relevance", "duplicates", "judge")
"""Columns with the scores of one filter each."""

_SCORES = " UNION ALL ".join(
    f"SELECT key, '{name}' AS filter, unnest(d) AS s FROM cell_{name}" for name in FILTERS
)

TABLES: dict[str, str] = {
    "shards": "SELECT * FROM manifest_shards ORDER BY url",
    "trajectories": """
        SELECT r.* EXCLUDE (pictures, filename), s.url AS shard
        FROM sidecar_rows r JOIN manifest_shards s ON parse_filename(s.sidecar) = parse_filename(r.filename)
        ORDER BY r.key""",
    "images": """
        SELECT r.key, p.role, s.url AS shard, p.* EXCLUDE (role, origin),
               p.origin.url AS url, p.origin.revision AS revision, p.origin.licence AS licence,
               p.origin.author AS author
        FROM (SELECT key, filename, unnest(pictures) AS p FROM sidecar_rows) r
        JOIN manifest_shards s ON parse_filename(s.sidecar) = parse_filename(r.filename)
        ORDER BY r.key, p.role""",
    "entities": """
        SELECT key AS entity_id, coalesce(e.d.domain, r.d.domain) AS domain,
               coalesce(e.d.title, r.d.title) AS title,
               r.d.locator AS locator, e.d.category_rule AS category_rule,
               list_transform(e.d.names, lambda n: n.language) AS languages, e.d.names AS names,
               list_transform(e.d.articles, lambda a: a.origin) AS articles,
               v.split, list_transform(g.d, lambda p: p.sha256) AS ground_truth,
               f.stage, f.outcome, f.reason
        FROM cell_ref r FULL JOIN cell_entity e USING (key)
        -- The reservation is made for every prompt, by the entity alone: all prompts of an entity agree.
        LEFT JOIN (SELECT coalesce(f.entity_id, c.key) AS key, any_value(c.d.split) AS split
                   FROM cell_reservation c LEFT JOIN fates f ON f.key = c.key GROUP BY ALL) v USING (key)
        LEFT JOIN cell_ground_truth g USING (key) LEFT JOIN fates f USING (key)
        ORDER BY domain, entity_id""",
    "prompts": """
        SELECT key, f.entity_id, f.domain, p.d.language AS language, p.d.text AS text,
               p.d.form AS form,
               p.d.subject AS subject, unnest(p.d.scene),
               g.d.needs_search AS needs_search, g.d.unknowns AS unknowns, g.d.statement AS gap,
               p.d.model AS model, f.stage, f.outcome, f.reason
        FROM cell_prompt p LEFT JOIN cell_gap g USING (key) LEFT JOIN fates f USING (key)
        ORDER BY key""",
    "traces": """
        SELECT key, part, t.* FROM (
            SELECT key, 'text' AS part, unnest(d.turns) AS t FROM cell_text_trace
            UNION ALL SELECT key, 'images', unnest(d.turns) FROM cell_image_trace
            UNION ALL SELECT key, 'recaption', unnest(r.refused || [r.turn]) FROM tried)
        ORDER BY key, t.stage, t.turn, part""",
    "evidence": """
        SELECT key, e.sentence, e.title, unnest(e.origin)
        FROM (SELECT key, unnest(d.evidence) AS e FROM cell_text_trace)
        ORDER BY ALL""",
    "candidates": """
        SELECT key, i AS position, c.query, c.rank, c.title, c.page_url, c.picture.sha256 AS sha256,
               c.picture.media_type AS media_type, c.picture.width AS width, c.picture.height AS height,
               c.picture.bytes AS bytes,
               c.picture.origin.url AS url, c.picture.origin.licence AS licence,
               c.picture.origin.author AS author,
               choice.kept AS kept, choice.reason AS reason, choice.rank_score AS rank_score,
               CASE WHEN choice.kept THEN label END AS label
        FROM (SELECT t.key, t.i, t.c,
                     -- Candidates with equal bytes have a decision each, told apart by position.
                     CASE WHEN s.d.decisions[t.i].sha256 = t.c.picture.sha256 THEN s.d.decisions[t.i] ELSE
                         list_filter(s.d.decisions, lambda x: x.sha256 = t.c.picture.sha256)[1] END AS choice,
                     list_filter(s.d."references",
                         lambda x: x.candidate.picture.sha256 = t.c.picture.sha256)[1].label AS label
              FROM (SELECT key, unnest(d.candidates) AS c, generate_subscripts(d.candidates, 1) AS i
                    FROM cell_image_trace) t
              LEFT JOIN cell_selection s USING (key))
        ORDER BY key, position""",
    "scores": f"""
        SELECT DISTINCT key, s.sha256 AS sha256, filter,
               unnest(map_keys(s.values)) AS measure, unnest(map_values(s.values)) AS value
        FROM ({_SCORES}) ORDER BY ALL""",
    "recaptions": """
        SELECT key, r.attempt, verdict.passed AS passed, r.text, r.think, r.language,
               r.critique AS answers_critique, verdict.critique AS critique, verdict.reasons AS reasons,
               r.problems, r.model
        FROM tried ORDER BY key, r.attempt""",
    "proofs": """
        SELECT key, r.attempt, m.*, verdict.passed AS passed, proof.negatives AS negatives,
               proof.model AS model,
               list_filter(drawings, lambda x: x.seed = m.seed)[1].picture.sha256 AS drawing
        FROM (SELECT *, unnest(proof.matches) AS m FROM tried)
        ORDER BY key, r.attempt, m.seed""",
}
"""Name -> what the table holds."""

WORKING: dict[str, str] = {
    "fates": """
        SELECT key, any_value(entity_id) AS entity_id, any_value(domain) AS domain,
               arg_max(stage, position) AS stage,
               CASE arg_max(outcome, position) WHEN 'passed' THEN 'kept'
                   ELSE arg_max(outcome, position) END AS outcome,
               arg_max(reason, position) AS reason
        FROM outcomes GROUP BY key""",
    # A recaption that the validator or an error ended has no attempt; one that was proven has.
    "tried": """
        SELECT key, a.recaption AS r, a.verdict AS verdict, a.proof AS proof, a.drawings AS drawings
        FROM (SELECT key, unnest(d) AS a FROM cell_attempts)
        UNION ALL BY NAME SELECT key, d AS r FROM cell_recaption ANTI JOIN
            (SELECT key, unnest(d) AS a FROM cell_attempts) t
            ON cell_recaption.key = t.key AND cell_recaption.d.attempt = t.a.recaption.attempt""",
}
"""Temporary tables that several of `TABLES` read."""

VIEWS: dict[str, str] = {
    "costs": """
        SELECT stage, domain, count(*) AS records, sum(calls)::BIGINT AS calls,
               sum(tokens_in)::BIGINT AS tokens_in, sum(tokens_out)::BIGINT AS tokens_out,
               sum(seconds) AS seconds
        FROM outcomes GROUP BY position, stage, domain ORDER BY position, domain""",
}
