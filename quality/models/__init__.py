"""Tables and their constraints; no behavior beyond them."""

from quality.models.agreement import AgreementDocument, AgreementReport
from quality.models.consensus import ConsensusChoice, ConsensusMethod
from quality.models.embeddings import Embedding, EmbeddingSet
from quality.models.people import AnnotatorQuality, Consensus
from quality.models.pushed import PushedModel, PushedPrediction
from quality.models.runs import ClassPair, Gain, Prediction, Run, RunArray, Trigger
from quality.models.settings import QualitySettings

__all__ = [
    "AgreementDocument",
    "AgreementReport",
    "AnnotatorQuality",
    "ClassPair",
    "Consensus",
    "ConsensusChoice",
    "ConsensusMethod",
    "Embedding",
    "EmbeddingSet",
    "Gain",
    "Prediction",
    "PushedModel",
    "PushedPrediction",
    "QualitySettings",
    "Run",
    "RunArray",
    "Trigger",
]
