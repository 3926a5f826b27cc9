"""VOTable, Parquet and Arrow: columns as their own libraries read them."""

from __future__ import annotations

import numpy as np
import pytest
from samples import arrow_file, arrow_stream, parquet_table, votable_binary, votable_data

from dop2i.core.formats import FORMATS, STRUCTURE_ONLY, LocalSource, describe_source, preview_source


def proposed(description, path):
    return [proposal.value for proposal in description.proposals if proposal.path == path]


def columns_of(description):
    return {column.name: column for table in description.tables for column in table.columns}


@pytest.mark.parametrize("maker", [votable_data, votable_binary])
def test_both_serialisations_of_a_votable_say_the_same(maker, tmp_path):
    description = describe_source(LocalSource(maker(tmp_path)))
    columns = columns_of(description)
    assert (columns["ra"].unit, columns["ra"].minimum, columns["ra"].maximum) == ("deg", 10.0, 12.0)
    assert columns["flux"].missing == 3
    assert columns["flux"].minimum == 1
    assert (columns["name"].dtype, columns["name"].minimum) == ("str", "s0")
    assert description.coverage.ra == 11.0


def test_every_real_votable_agrees_with_astropy(shared_data):
    from astropy.io.votable import parse

    for path in sorted((shared_data / "formats/votable").glob("*.xml")):
        description = describe_source(LocalSource(path))
        assert not description.error
        tables = list(parse(path, verify="ignore").iter_tables())
        assert [table.rows for table in description.tables] == [len(table.array) for table in tables]
        assert [[column.name for column in table.columns] for table in description.tables] == [
            [field.name for field in table.fields] for table in tables
        ]


def test_vizier_says_title_and_creator(shared_data):
    description = describe_source(LocalSource(shared_data / "formats/votable/vizier_b2_votable.xml"))
    assert proposed(description, "metadata.title") == ["MASH Catalogues of Planetary Nebulae (Parker+ 2006-2008)"]
    (creator,) = proposed(description, "metadata.creators")
    assert creator["person_or_org"]["family_name"] == "Parker"


@pytest.mark.parametrize("maker", [parquet_table, arrow_file, arrow_stream])
def test_arrow_columns_are_opened_down_to_their_leaves(maker, tmp_path):
    columns = columns_of(describe_source(LocalSource(maker(tmp_path))))
    assert (columns["energy"].minimum, columns["energy"].maximum) == (0.0, 1.0)
    assert columns["count"].missing == 100
    assert columns["count"].maximum == 3
    assert (columns["label"].dtype, columns["label"].minimum) == ("str", "kaon")
    assert columns["hits"].shape == (-1,)
    assert columns["vertex.x"].maximum == 1
    assert str(columns["when"].minimum).startswith("1970-01-01T00:00:00")


def test_parquet_extremes_come_from_the_footer_when_no_value_may_be_read(tmp_path):
    description = describe_source(LocalSource(parquet_table(tmp_path)), limits=STRUCTURE_ONLY)
    columns = columns_of(description)
    assert (columns["energy"].minimum, columns["energy"].maximum) == (0.0, 1.0)
    assert columns["count"].missing == 100
    assert columns["energy"].mean is None
    assert description.tables[0].attributes["facts from"] == "row group statistics"


def test_chloe_reads_rows_across_row_groups(tmp_path):
    shown = preview_source(LocalSource(parquet_table(tmp_path)), table="data", start=98, stop=103)
    assert shown["total"] == 300
    energies = [row[shown["columns"].index("energy")] for row in shown["rows"]]
    assert energies == np.linspace(0, 1, 300)[98:103].tolist()


def test_nanoaod_is_known_in_parquet_too(shared_data):
    description = FORMATS["parquet"].describe(LocalSource(shared_data / "formats/columnar/nano_dy.parquet"))
    assert description.label == "CMS NanoAOD (Parquet)"
    assert len(description.tables[0].columns) == 1499
