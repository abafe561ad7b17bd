"""Measure the engine on published test sets; each run leaves a record in benchmarks/runs/.

A command hands what it was given to the function `run` of its file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from measure import adapt as adapt_bench
from measure import agents as agents_bench
from measure import answers as answers_bench
from measure import building as build_bench
from measure import chunks as chunks_bench
from measure import documents as documents_bench
from measure import encoders as encoders_bench
from measure import encrypted as encrypted_bench
from measure import faq as faq_bench
from measure import faults as faults_bench
from measure import feed as feed_bench
from measure import feedback as feedback_bench
from measure import follow as follow_bench
from measure import foryou as foryou_bench
from measure import fusion as fusion_bench
from measure import gpu as gpu_bench
from measure import install as install_bench
from measure import kinds as kinds_bench
from measure import languages as languages_bench
from measure import likeness as likeness_bench
from measure import lists as lists_bench
from measure import memory as memory_bench
from measure import multilingual as multilingual_bench
from measure import oracles as oracles_bench
from measure import pages as pages_bench
from measure import peers as peers_bench
from measure import quality as quality_bench
from measure import relevance as relevance_bench
from measure import rounding as rounding_bench
from measure import runtimes as runtimes_bench
from measure import scale as scale_bench
from measure import scans as scans_bench
from measure import serving as serving_bench
from measure import speed as speed_bench
from measure import summaries as summaries_bench
from measure import tables as tables_bench
from measure import talked as talked_bench
from measure import words as words_bench
from support.options import (
    FILE,
    FOLDER,
    OverDocuments,
    Several,
    corpus_option,
    data_option,
    name_option,
    sample_option,
    seed_option,
    set_option,
    sets_option,
    work_option,
)
from support.record import HERE, commit

from lepton_local.errors import LeptonError
from lepton_local.models.resolve import BUNDLED_PAIR


@click.group()
@click.option("--rehearsal", is_flag=True, help="Measure code that is in no commit, and say so.")
def main(rehearsal: bool) -> None:
    """Measure the engine on published test sets."""
    if not rehearsal and commit() is None:
        raise click.UsageError(
            "some files are not as their commit has them, expected none: git commit, or bench.py"
            " --rehearsal COMMAND, whose record is called so"
        )


@main.result_callback()
def _show(record: Path, rehearsal: bool) -> None:
    del rehearsal
    click.echo(f"{record}\n\n{(record / 'summary.md').read_text(encoding='utf-8')}", nl=False)


@main.command()
@data_option
@work_option
@sets_option("")
@click.option("--modes", type=Several(), default=",".join(quality_bench.MODES), show_default=True)
@click.option("--encoder", default="bundled", show_default=True, help="Name or folder of a model.")
@sample_option
@seed_option
@name_option("quality")
def quality(modes: list[str], **given: Any) -> Path:
    """Rank documents by words, by meaning, by both, and reranked."""
    if unknown := sorted(set(modes) - set(quality_bench.MODES)):
        raise click.BadParameter(f"{', '.join(unknown)}; expected {', '.join(quality_bench.MODES)}")
    return quality_bench.run(modes=modes, **given)


@main.command()
@data_option
@work_option
@click.option("--set", "set_name", default="stackfaq", show_default=True, help="Of questions.")
@click.option(
    "--others",
    type=Several(),
    default="wikiqa_dev,scifact,trecqa_raw_dev,medline",
    show_default=True,
    help="Sets whose questions it does not answer.",
)
@sample_option
@seed_option
@name_option("faq")
def faq(**given: Any) -> Path:
    """Ask rows of questions and answers in other words, and what they do not answer."""
    return faq_bench.run(**given)


@main.command("for-you")
@click.option("--articles", type=FOLDER, required=True, help="Folder of texts, a topic each.")
@work_option
@click.option("--readers", default=20, show_default=True, help="How many are made up.")
@seed_option
@name_option("for-you")
def for_you(**given: Any) -> Path:
    """Suggest documents to readers who are made up."""
    return foryou_bench.run(**given)


@main.command()
@click.option("--articles", type=FOLDER, required=True, help="Folder of texts, a topic each.")
@work_option
@seed_option
@name_option("feed")
def feed(**given: Any) -> Path:
    """Group a feed of news that is made up."""
    return feed_bench.run(**given)


@main.command()
@click.option(
    "--data", type=FOLDER, envvar="LEPTON_DATA", required=True, help="With conv/, qa/, rank/."
)
@click.option(
    "--weights", type=click.Path(dir_okay=False, path_type=Path), help="Train, and write these."
)
@seed_option
@name_option("follow")
def follow(**given: Any) -> Path:
    """Train or score the networks that tell what of a talk a question leans on."""
    return follow_bench.run(**given)


@main.command()
@data_option
@work_option
@sets_option("stackfaq,cosqa_dev")
@click.option("--squad", type=FILE, multiple=True, help="A SQuAD file as a further set (gzipped).")
@click.option("--marks", default=100, show_default=True, help="Questions that are marked.")
@click.option("--unseen", default=100, show_default=True, help="Others that are asked.")
@click.option("--rerank/--no-rerank", default=True, show_default=True)
@seed_option
@name_option("feedback")
def feedback(**given: Any) -> Path:
    """Have simulated users mark passages, and ask again."""
    return feedback_bench.run(**given)


@main.command()
@click.option("--articles", type=FOLDER, required=True, help="Folder of texts, an article each.")
@click.option("--questions", type=FILE, required=True, help="Gzipped SQuAD JSON of these articles.")
@work_option
@sample_option
@seed_option
@name_option("talked")
def talked(**given: Any) -> Path:
    """Ask linked questions, the later ones without their subject, over whole articles."""
    return talked_bench.run(**given)


@main.command()
@work_option
@click.option("--documents", default=1000, help="Contracts to make.")
@seed_option
@name_option("tables")
def tables(**given: Any) -> Path:
    """Ask many made contracts the same questions, and kill it half-way."""
    return tables_bench.run(**given)


@main.command()
@click.option("--folder", type=FOLDER, required=True, help="gensim/test/test_data of its wheel.")
@work_option
@name_option("likeness")
def likeness(**given: Any) -> Path:
    """Compare the likeness of documents with what people say of it."""
    return likeness_bench.run(**given)


@main.command()
@data_option
@work_option
@sets_option("")
@click.option(
    "--encoders",
    type=Several(),
    default="multilingual",
    show_default=True,
    help="Names or folders of models beside the bundled one.",
)
@sample_option
@seed_option
@name_option("encoders")
def encoders(**given: Any) -> Path:
    """Rank by several encoders over the same passages: each alone, with words, and together."""
    return encoders_bench.run(**given)


@main.command()
@corpus_option
@work_option
@click.option("--texts", default=100, show_default=True, help="Of each language.")
@click.option("--turns", default=9, show_default=True, help="Cold questions by each encoder.")
@seed_option
@name_option("multilingual")
def multilingual(**given: Any) -> Path:
    """Compare the encoder `multilingual` with its package, and time a cold question."""
    return multilingual_bench.run(**given)


@main.command()
@data_option
@work_option
@sets_option("")
@click.option("--depth", default=50, show_default=True, help="Passages that are judged.")
@click.option("--reranker", default="bundled", show_default=True)
@sample_option
@seed_option
@name_option("fusion")
def fusion(**given: Any) -> Path:
    """Compare ways to make up the final score, cross-validated over the sets."""
    return fusion_bench.run(**given)


@main.command()
@data_option
@work_option
@sets_option("")
@sample_option
@seed_option
@name_option("relevance")
def relevance(**given: Any) -> Path:
    """Fit how probably a hit is relevant by its score, in every mode, judged or not."""
    return relevance_bench.run(**given)


@main.command()
@click.option("--articles", type=FOLDER, required=True, help="Folder of documents.")
@click.option(
    "--questions",
    default="squad-dev-v1.1",
    show_default=True,
    help="SQuAD JSON file, or its name in LEPTON_DATA.",
)
@work_option
@sample_option
@seed_option
@name_option("answers")
def answers(**given: Any) -> Path:
    """Ask questions of whole documents, and once more without the document that answers."""
    return answers_bench.run(**given)


@main.command()
@click.argument("papers", type=FOLDER)
@click.option(
    "--squad",
    default="squad-dev-v2.0",
    show_default=True,
    help="SQuAD JSON file, or its name in LEPTON_DATA.",
)
@click.option("--most", default=250, show_default=True, help="Questions of SQuAD, of each half.")
@work_option
@seed_option
@name_option("kinds")
def kinds(**given: Any) -> Path:
    """Answer how and why by whole sentences, and fit how sure they are."""
    return kinds_bench.run(**given)


@main.command()
@click.argument("sets", nargs=-1, required=True, type=OverDocuments())
@click.option("--matching", help="Ask only the questions that this regular expression is found in.")
@click.option("--together", help="One name for all these sets.")
@work_option
@click.option("--sample", type=int, help="Of each set, with an answer, and as many without.")
@seed_option
@name_option("words")
def words(**given: Any) -> Path:
    """Count right and wrong answers, and those where there is none. A set is QUESTIONS=DOCUMENTS, a
    file and an index or a folder; SQuAD's paragraphs are documents if no others are given.
    """
    return words_bench.run(**given)


@main.command()
@corpus_option
@click.option(
    "--squad",
    default="squad-dev-v1.1",
    show_default=True,
    help="SQuAD JSON file, or its name in LEPTON_DATA.",
)
@click.option("--most", default=150, show_default=True, help="Questions of SQuAD.")
@seed_option
@name_option("item-lists")
def lists(**given: Any) -> Path:
    """Ask for several things at once, and count how many are given."""
    return lists_bench.run(**given)


@main.command()
@click.argument("papers", type=FOLDER)
@work_option
@name_option("summaries")
def summaries(**given: Any) -> Path:
    """Hold composed answers, and the first passage, against what people wrote."""
    return summaries_bench.run(**given)


@main.command()
@work_option
@corpus_option
@click.option("--workers", default=1, show_default=True, help="Processes that parse.")
@click.option("--repeats", default=3, show_default=True, help="Builds, and encodings alone.")
@name_option("build")
def build(**given: Any) -> Path:
    """Time a build by stage, beside encoding its passages alone."""
    return build_bench.run(**given)


@main.command()
@click.argument("domains", nargs=-1, required=True, metavar="NAME=FILE...")
@click.option(
    "--remember", type=FILE, required=True, help="Questions to go on answering as before."
)
@click.option("--kept", default="squad-dev-v1.1", show_default=True, help="Shows what it forgets.")
@click.option("--base", type=FOLDER, default=BUNDLED_PAIR, help="Model to start from.")
@click.option(
    "--sizes",
    type=Several(int),
    default="100,500,2000",
    show_default=True,
    help="Questions to learn from.",
)
@click.option("--threads", default=0, help="Cores to use; 0: all.")
@work_option
@click.option("--sample", default=1000, show_default=True, help="Questions of --kept to ask.")
@seed_option
@name_option("adapt")
def adapt(domains: tuple[str, ...], **given: Any) -> Path:
    """Teach the pair model new domains, with more and more questions of each."""
    named = [each.partition("=") for each in domains]
    return adapt_bench.run({name: Path(path) for name, _, path in named}, **given)


@main.command()
@click.option("--data", type=FOLDER, required=True, help="Folder of BEIR folders.")
@click.option("--excerpts", type=FOLDER, required=True, help="Markdown files and questions.csv.")
@work_option
@sets_option("cisi,medline")
@click.option(
    "--sizes",
    type=Several(lambda pair: tuple(map(int, pair.split("/")))),
    default="96/16,128/24,160/24,180/0,180/24,180/48,204/24",
    show_default=True,
    help="Word pieces a passage, and of overlap.",
)
@name_option("chunks")
def chunks(**given: Any) -> Path:
    """Compare sizes of passages."""
    return chunks_bench.run(**given)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@work_option
@click.option("--files", default=1200, show_default=True, help="At most, of the index's sample.")
@click.option("--passages", default=8000, show_default=True, help="At most, of the index's sample.")
@name_option("documents")
def documents(**given: Any) -> Path:
    """Read real documents in many formats, index a sample, ask one manual in three formats."""
    return documents_bench.run(**given)


@main.command()
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@work_option
@click.option("--before", type=FOLDER, required=True, help="Checkout to compare with.")
@click.option("--files", default=300, show_default=True, help="Of each format, at most.")
@seed_option
@name_option("documents")
def oracles(**given: Any) -> Path:
    """Compare the text of documents with what other programs read, before and after."""
    return oracles_bench.run(**given)


@main.command()
@click.argument("folder", type=FOLDER)
@work_option
@name_option("pages")
def pages(**given: Any) -> Path:
    """Compare the main text of web pages with what people took for it, and with other libraries."""
    return pages_bench.run(**given)


@main.command()
@click.argument("folder", type=FOLDER)
@work_option
@seed_option
@name_option("scans")
def scans(**given: Any) -> Path:
    """Read pages that were made to look scanned, by the extra `ocr` and by tesseract."""
    return scans_bench.run(**given)


@main.command()
@work_option
@click.option("--index", "indexes", type=FOLDER, multiple=True, help="To measure; else some made.")
@click.option("--base", type=FOLDER, help="Index that larger ones are made from.")
@click.option(
    "--rows",
    type=Several(int),
    default="1000,10000,100000",
    show_default=True,
    help="Passages of each.",
)
@click.option("--large", is_flag=True, help="One of a million passages as well.")
@click.option("--repeats", default=7, show_default=True, help="Cold processes of each command.")
@click.option("--questions", default=100, show_default=True, help="That are asked warm.")
@seed_option
@name_option("speed")
def speed(rows: list[int], large: bool, **given: Any) -> Path:
    """Time a question, from a cold process and warm, against the number of passages."""
    return speed_bench.run(rows=[*rows, *([1_000_000] if large else [])], **given)


@main.command()
@work_option
@click.option("--base", type=FOLDER, help="Index that the large one is made from.")
@click.option("--rows", default=100_000, show_default=True, help="Passages of the large one.")
@click.option("--repeats", default=7, show_default=True, help="Turns.")
@seed_option
@name_option("encrypted")
def encrypted(**given: Any) -> Path:
    """Compare an encrypted index with a clear one: a cold question, and a build."""
    return encrypted_bench.run(**given)


@main.command()
@work_option
@name_option("agents")
def agents(**given: Any) -> Path:
    """Count the tokens of what agents are told."""
    return agents_bench.run(**given)


@main.command()
@click.option("--index", type=FOLDER, help="The index to serve; else one is made.")
@click.option("--base", type=FOLDER, help="Index of real passages that it is grown from.")
@work_option
@click.option("--rows", default=100_000, show_default=True, help="Passages of the one made.")
@click.option("--questions", default=100, show_default=True, help="That are asked one by one.")
@click.option("--clients", default=64, show_default=True, help="That ask at once.")
@click.option("--seconds", default=60.0, show_default=True, help="For which they do.")
@seed_option
@name_option("serving")
def serving(**given: Any) -> Path:
    """Time a question by HTTP beside the library, and what many clients at once meet."""
    return serving_bench.run(**given)


@main.command()
@work_option
@corpus_option
@click.option("--rows", default=40_000, show_default=True, help="Passages of the index searched.")
@click.option("--rounds", default=2, show_default=True, help="Builds of each kind.")
@click.option("--questions", default=60, show_default=True)
@click.option("--nodes", type=Several(int), default="1,2", show_default=True)
@seed_option
@name_option("machines")
def machines(**given: Any) -> Path:
    """Build and search on nodes of a cluster, all on this machine, beside one process."""
    from measure import machines as machines_bench  # the extra `ray` may not be there

    return machines_bench.run(**given)


@main.command()
@click.option("--record", required=True, help="Of `machines`, by its name.")
@seed_option
@name_option("many-machines")
def many(**given: Any) -> Path:
    """Simulate 100 and 1,000 machines at a billion passages: what breaks first?"""
    from measure import many as many_bench

    return many_bench.run(**given)


@main.command()
@work_option
@corpus_option
@click.option("--kills", default=200, show_default=True, help="Of build, update and compact.")
@click.option("--mutations", default=10_000, show_default=True, help="Mutated files.")
@seed_option
@name_option("faults")
def faults(**given: Any) -> Path:
    """Kill writers, fill disks and mutate files; an index that comes to harm ends the run."""
    return faults_bench.run(**given)


@main.command()
@data_option
@work_option
@sets_option("squad_open_dev,scifact")
@click.option("--documents", default=2000, show_default=True, help="Of each set, at most.")
@click.option("--questions", default=100, show_default=True, help="Of each set, at most.")
@click.option("--repeats", default=5, show_default=True, help="Cold processes of each.")
@seed_option
@name_option("peers")
def peers(**given: Any) -> Path:
    """Index and search the same documents with other engines, side by side."""
    return peers_bench.run(**given)


@main.command()
@data_option
@work_option
@set_option
@click.option(
    "--rows",
    type=Several(int),
    default="100000,1000000",
    show_default=True,
    help="Vectors of each.",
)
@click.option("--kind", "kinds", multiple=True, default=scale_bench.KINDS, show_default=True)
@click.option("--questions", default=200, show_default=True)
@click.option("--updates", "changes", default=100, show_default=True, help="Of one index.")
@seed_option
@name_option("scale")
def scale(**given: Any) -> Path:
    """Build and ask FAISS indexes of made vectors; --kind is a word for --faiss, or `exact`."""
    return scale_bench.run(**given)


@main.command()
@data_option
@work_option
@set_option
@sets_option("medline,stackfaq")
@click.option("--rows", default=256, show_default=True, help="That are run again and again.")
@click.option("--seconds", default=1.2, show_default=True, help="Of each measurement in a round.")
@click.option("--rounds", default=3, show_default=True)
@seed_option
@name_option("runtimes")
def runtimes(**given: Any) -> Path:
    """Run the encoder and the pair model in several runtimes and precisions on this CPU."""
    return runtimes_bench.run(**given)


@main.command()
@click.argument("trees", type=FOLDER)
@work_option
@name_option("languages")
def languages(**given: Any) -> Path:
    """Tell languages and split sentences, beside libraries that do."""
    return languages_bench.run(**given)


@main.command()
@click.option("--model", "models", type=FOLDER, multiple=True, help="Folder; else the bundled.")
@click.option("--questions", default="squad-dev-v1.1", show_default=True, help="SQuAD JSON file.")
@click.option("--sample", default=200, show_default=True, help="Questions, with their paragraphs.")
@seed_option
@name_option("rounding")
def rounding(**given: Any) -> Path:
    """Compare the outputs and the times of a network in float32 and in whole numbers."""
    return rounding_bench.run(**given)


@main.command()
@work_option
@click.option("--commits", type=Several(), required=True, help="What is installed, the old first.")
@click.option("--rounds", default=2, show_default=True, help="Turns that count.")
@name_option("install")
def install(**given: Any) -> Path:
    """Install several commits in turns as make demo does, and tell time and disk."""
    return install_bench.run(**given)


@main.command()
@work_option
@click.option("--inputs", type=Several(), default=",".join(memory_bench.INPUTS), show_default=True)
@click.option("--size", default=1.0, show_default=True, help="Of the inputs, 1 being 64 MiB or so.")
@click.option("--tree", type=FOLDER, default=HERE.parent, help="Another checkout to measure.")
@seed_option
@name_option("memory")
def memory(**given: Any) -> Path:
    """Build indexes of one large file each, and tell the most memory that it took."""
    return memory_bench.run(**given)


@main.command()
@data_option
@work_option
@set_option
@click.option("--questions", type=FILE, help="To train on; without, training is not measured.")
@click.option("--rows", default=10_000_000, show_default=True, help="Vectors for FAISS.")
@click.option("--minutes", default=2.0, show_default=True, help="Of training.")
@seed_option
@name_option("gpu")
def gpu(**given: Any) -> Path:
    """Encode, judge, train and build on a GPU; without one, the record says so."""
    return gpu_bench.run(**given)


if __name__ == "__main__":
    try:
        main()
    except LeptonError as error:
        raise SystemExit(f"error: {error}") from None
