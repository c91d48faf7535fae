"""Web streams: sources, destinations and transformations of chunks as browsers have them.

What is awaited here is a promise; reads and writes begin when they are called, not when they are awaited.

Standard: https://streams.spec.whatwg.org. Node: node:stream/web
"""

from .._blob import Blob as Blob
from ._byob import ReadableStreamBYOBReader as ReadableStreamBYOBReader
from ._byob import ReadableStreamBYOBRequest as ReadableStreamBYOBRequest
from ._byte_controller import ReadableByteStreamController as ReadableByteStreamController
from ._compression import CompressionStream as CompressionStream
from ._compression import DecompressionStream as DecompressionStream
from ._readable import ReadableStream as ReadableStream
from ._readable_controller import ReadableStreamDefaultController as ReadableStreamDefaultController
from ._readers import ReadableStreamDefaultReader as ReadableStreamDefaultReader
from ._requests import ReadResult as ReadResult
from ._strategies import ByteLengthQueuingStrategy as ByteLengthQueuingStrategy
from ._strategies import CountQueuingStrategy as CountQueuingStrategy
from ._text import TextDecoderStream as TextDecoderStream
from ._text import TextEncoderStream as TextEncoderStream
from ._transform import TransformStream as TransformStream
from ._transform import TransformStreamDefaultController as TransformStreamDefaultController
from ._writable import WritableStream as WritableStream
from ._writable_controller import WritableStreamDefaultController as WritableStreamDefaultController
from ._writer import WritableStreamDefaultWriter as WritableStreamDefaultWriter
