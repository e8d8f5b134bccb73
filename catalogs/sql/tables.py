"""The tables of ``catalog.duckdb``, in SQL, in the order in which they are made.

They read what `catalogs.sql.staging` provides while the database is built: `outcomes`, the newest documents
(``cell_<column>``: `key`, `d`), `sidecar_rows` and `manifest_shards`. Views over the tables are in
`catalogs.sql.views`.

Joins are made a record at a time and lists unnested after them, so that what waits in a join is small.
"""

from __future__ import annotations

from catalogs.records import COLUMNS, PictureScores
from catalogs.sql.staging import DOCUMENTS

FILTERS = tuple(column for column, kind in COLUMNS.items() if kind == list[PictureScores])
"""Columns with the scores of one filter each."""

_MEASUREMENTS = " UNION ALL ".join(
    f"SELECT key, '{name}' AS filter, unnest(list_distinct(d)) AS s FROM cell_{name}" for name in FILTERS
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
               p.origin.author AS author, p.origin.fetched AS fetched
        FROM (SELECT key, filename, unnest(pictures) AS p FROM sidecar_rows) r
        JOIN manifest_shards s ON parse_filename(s.sidecar) = parse_filename(r.filename)
        ORDER BY r.key, p.role""",
    "entities": """
        SELECT key AS entity_id, coalesce(e.d.domain, r.d.domain) AS domain,
               coalesce(e.d.title, r.d.title) AS title,
               r.d.locator AS locator, e.d.category_rule AS category_rule,
               e.d.category_conflicts AS category_conflicts,
               coalesce(e.d.identifiers, r.d.identifiers) AS identifiers,
               coalesce(e.d.country, r.d.country) AS country,
               coalesce(e.d.sitelinks, r.d.sitelinks) AS sitelinks,
               coalesce(e.d.page_views, r.d.page_views) AS page_views,
               list_transform(e.d.names, lambda n: n.language) AS languages, e.d.names AS names,
               list_transform(e.d.articles, lambda a: a.origin) AS articles,
               v.split, list_transform(g.d, lambda p: p.sha256) AS ground_truth,
               f.stage, f.outcome, f.reason
        FROM cell_ref r FULL JOIN cell_entity e USING (key)
        -- The reservation is made for every prompt, by the entity alone: all prompts of an entity agree.
        LEFT JOIN (SELECT f.entity_id AS key, any_value(c.d.split) AS split
                   FROM cell_reservation c JOIN staging.fates f USING (key) GROUP BY ALL) v USING (key)
        LEFT JOIN cell_ground_truth g USING (key) LEFT JOIN staging.fates f USING (key)
        ORDER BY entity_id""",
    "prompts": """
        SELECT key, f.entity_id, f.domain, p.d.language AS language, p.d.text AS text,
               p.d.form AS form,
               p.d.subject AS subject, unnest(p.d.scene),
               g.d.needs_search AS needs_search, g.d.unknowns AS unknowns, g.d.statement AS gap,
               p.d.model AS model, f.stage, f.outcome, f.reason
        FROM cell_prompt p LEFT JOIN cell_gap g USING (key) LEFT JOIN staging.fates f USING (key)
        ORDER BY key""",
    "traces": """
        SELECT key, part, t.* FROM (
            SELECT key, 'text' AS part, unnest(d.turns) AS t FROM cell_text_trace
            UNION ALL SELECT key, 'images', unnest(d.turns) FROM cell_image_trace
            UNION ALL SELECT key, 'recaption', unnest(r.refused || [r.turn]) FROM staging.tried)
        ORDER BY key, t.stage, t.turn, part, t.input, t.response_text""",
    "evidence": """
        SELECT key, coalesce(e.step, 0) AS step, e.sentence, e.title, unnest(e.origin)
        FROM (SELECT key, unnest(d.evidence) AS e FROM cell_text_trace)
        ORDER BY ALL""",
    "candidates": """
        SELECT key, i AS position, c.query, c.rank, c.title, c.page_url, c.picture.sha256 AS sha256,
               c.picture.media_type AS media_type, c.picture.width AS width, c.picture.height AS height,
               c.picture.bytes AS bytes,
               c.picture.origin.url AS url, c.picture.origin.revision AS revision,
               c.picture.origin.licence AS licence, c.picture.origin.author AS author,
               choice.kept AS kept, choice.reason AS reason, choice.rank_score AS rank_score,
               CASE WHEN choice.kept THEN list_filter(labels, lambda x: x.sha256 = c.picture.sha256)[1].label
                   END AS label,
               ('0x' || list_filter(hashes, lambda x: x.sha256 = c.picture.sha256)[1].phash)::UBIGINT AS phash
        FROM (SELECT key, i, c, labels, hashes,
                     -- Candidates with equal bytes have a decision each, told apart by position.
                     CASE WHEN decisions[i].sha256 = c.picture.sha256 THEN decisions[i] ELSE
                         list_filter(decisions, lambda x: x.sha256 = c.picture.sha256)[1] END AS choice
              FROM (SELECT key, decisions, labels, hashes, unnest(t.d.candidates) AS c,
                           generate_subscripts(t.d.candidates, 1) AS i
                    FROM cell_image_trace t
                    LEFT JOIN (SELECT key, d.decisions AS decisions,
                                      list_transform(d."references", lambda r:
                                          {'sha256': r.candidate.picture.sha256, 'label': r.label}) AS labels
                               FROM cell_selection) USING (key)
                    LEFT JOIN (SELECT key, list_transform(d, lambda s:
                                          {'sha256': s.sha256, 'phash': s.notes['phash']}) AS hashes
                               FROM cell_duplicates) USING (key)))
        ORDER BY key, position""",
    "measurements": f"""
        SELECT key, filter, s.sha256 AS sha256, s.values AS values, s.notes AS notes
        FROM ({_MEASUREMENTS}) ORDER BY key, filter, sha256, values::VARCHAR""",
    "recaptions": """
        SELECT key, r.attempt, verdict.passed AS passed, r.text, r.think, r.language,
               r.critique AS answers_critique, verdict.critique AS critique, verdict.reasons AS reasons,
               r.problems, r.model
        FROM staging.tried ORDER BY key, r.attempt""",
    "process": """
        SELECT key, t.*, judge, instruction
        FROM (SELECT key, unnest(d.turns) AS t, d.judge AS judge, d.instruction AS instruction
              FROM cell_process)
        ORDER BY key, t.turn""",
    "proofs": """
        SELECT t.key, r.attempt, m.*, verdict.passed AS passed, proof.negatives AS negatives,
               proof.model AS model,
               list_filter(drawings, lambda x: x.seed = m.seed)[1].picture.sha256 AS drawing, spread
        FROM (SELECT *, unnest(proof.matches) AS m FROM staging.tried) t
        -- Every round leaves a judgement, in the order of the attempts.
        LEFT JOIN (SELECT key, attempt, unnest(list_transform(drawings, lambda d:
                              {'seed': d.seed, 'spread': d.spread}), recursive := true)
                   FROM (SELECT key, proof_judgement.drawings AS drawings,
                                row_number() OVER (PARTITION BY key ORDER BY position) AS attempt
                         FROM staging.cells WHERE proof_judgement IS NOT NULL)) j
            ON j.key = t.key AND j.attempt = t.r.attempt AND j.seed = t.m.seed
        ORDER BY t.key, r.attempt, m.seed""",
    "closed_book": """
        SELECT key, known, m.*, model,
               list_filter(drawings, lambda x: x.seed = m.seed)[1].picture.sha256 AS drawing,
               benefit.similarity AS benefit_similarity, benefit.margin AS benefit_margin
        FROM (SELECT key, k.d.known AS known, d.d AS drawings, b.d AS benefit, p.d.model AS model,
                     unnest(p.d.matches) AS m
              FROM cell_closed_proof p LEFT JOIN cell_knowledge k USING (key)
              LEFT JOIN cell_closed_drawings d USING (key) LEFT JOIN cell_benefit b USING (key))
        ORDER BY key, m.seed""",
    "funnel": """
        SELECT position, stage, grain, domain, outcome, reason, count(*) AS records,
               sum(calls)::BIGINT AS calls, sum(tokens_in)::BIGINT AS tokens_in,
               sum(tokens_out)::BIGINT AS tokens_out,
               -- Decimals: a sum of floats depends on the order in which threads bring their rows.
               sum(seconds::DECIMAL(18, 6))::DOUBLE AS seconds
        FROM outcomes GROUP BY position, stage, grain, domain, outcome, reason
        ORDER BY position, domain, outcome, records DESC, reason""",
    "costs": """
        SELECT position, stage, domain, run, records, calls, tokens_in, tokens_out, money, seconds,
               calls / trajectories AS calls_per_trajectory,
               (tokens_in + tokens_out) / trajectories AS tokens_per_trajectory,
               money / trajectories AS money_per_trajectory,
               seconds / trajectories AS seconds_per_trajectory
        FROM (SELECT position, stage, domain, run, count(*) AS records, sum(calls)::BIGINT AS calls,
                     sum(tokens_in)::BIGINT AS tokens_in, sum(tokens_out)::BIGINT AS tokens_out,
                     coalesce(sum(micros), 0)::DOUBLE / 1e6 AS money,
                     sum(seconds::DECIMAL(18, 6))::DOUBLE AS seconds
              FROM outcomes GROUP BY position, stage, domain, run)
        LEFT JOIN (SELECT domain, count(*) AS trajectories FROM trajectories GROUP BY domain) USING (domain)
        ORDER BY position, domain, run""",
    "reserved": f"""
        WITH chosen AS (SELECT key, f.entity_id FROM cell_reservation c JOIN staging.fates f USING (key)
                        WHERE c.d.split <> 'train')
        SELECT key, entity_id, e.document AS entity, p.document AS prompt, g.document AS ground_truth
        FROM chosen
        JOIN (SELECT document ->> 'key' AS key, document
              FROM (SELECT unnest(from_json(document, '["JSON"]')) AS document FROM ({DOCUMENTS["prompts"]})
                    WHERE key IN (SELECT entity_id FROM chosen))) p USING (key)
        JOIN ({DOCUMENTS["entity"]}) e ON e.key = entity_id
        JOIN ({DOCUMENTS["ground_truth"]}) g ON g.key = entity_id
        ORDER BY key""",
}
"""Name -> what the table holds."""

WORKING: dict[str, str] = {
    "fates": """
        SELECT key, entity_id, domain, stage,
               CASE outcome WHEN 'passed' THEN 'kept' ELSE outcome END AS outcome, reason
        FROM outcomes JOIN (SELECT key, max(position) AS position FROM outcomes GROUP BY key)
            USING (key, position)""",
    # A recaption that the validator or an error ended has no attempt; one that was proven has.
    "tried": """
        SELECT key, a.recaption AS r, a.verdict AS verdict, a.proof AS proof, a.drawings AS drawings
        FROM (SELECT key, unnest(d) AS a FROM cell_attempts)
        UNION ALL BY NAME SELECT key, d AS r FROM cell_recaption ANTI JOIN
            (SELECT key, unnest(list_transform(d, lambda a: a.recaption.attempt)) AS attempt
             FROM cell_attempts) t
            ON cell_recaption.key = t.key AND cell_recaption.d.attempt = t.attempt""",
}
"""Tables of the scratch file that several of `TABLES` read."""
