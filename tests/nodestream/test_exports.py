"""The exact public names of each module, in both spellings."""

from __future__ import annotations

import importlib
import inspect
import types

import pytest

from nodestream._options import snake_case

EXPORTS = {
    "nodestream": """
        Duplex EventEmitter PassThrough Readable Stream Transform Writable addAbortSignal add_abort_signal compose
        destroy duplexPair duplex_pair finished getDefaultHighWaterMark get_default_high_water_mark isDestroyed
        isDisturbed isErrored isReadable isWritable is_destroyed is_disturbed is_errored is_readable is_writable
        open_loop pipeline run setDefaultHighWaterMark set_default_high_water_mark
        """,
    "nodestream.promises": "finished pipeline",
    "nodestream.consumers": "arrayBuffer array_buffer blob buffer bytes json text",
    "nodestream.abort": "AbortController AbortSignal",
    "nodestream.web": """
        Blob ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy DecompressionStream ReadResult
        ReadableByteStreamController ReadableStream ReadableStreamBYOBReader
        ReadableStreamBYOBRequest ReadableStreamDefaultController ReadableStreamDefaultReader
        TextDecoderStream TextEncoderStream TransformStream TransformStreamDefaultController WritableStream
        WritableStreamDefaultController WritableStreamDefaultWriter
        """,
    "nodestream.events": """
        CustomEvent Event EventEmitter EventEmitterAsyncResource EventTarget MaxListenersExceededWarning Symbol
        addAbortListener add_abort_listener captureRejectionSymbol captureRejections capture_rejection_symbol
        capture_rejections defaultMaxListeners default_max_listeners errorMonitor error_monitor getEventListeners
        getMaxListeners get_event_listeners get_max_listeners listenerCount listener_count on once setMaxListeners
        set_max_listeners
        """,
    "nodestream.timers": """
        Immediate Timeout clearImmediate clearInterval clearTimeout clear_immediate clear_interval clear_timeout
        setImmediate setInterval setTimeout set_immediate set_interval set_timeout
        """,
    "nodestream.timers.promises": """
        scheduler setImmediate setInterval setTimeout set_immediate set_interval set_timeout
        """,
    "nodestream.process": """
        emit emitWarning emit_warning nextTick next_tick off on once process remove_all_listeners remove_listener
        """,
    "nodestream.testing": """
        ContractViolation DUPLEX_RULES Entry READABLE_RULES Recorder Rule WRITABLE_RULES check_duplex check_readable
        check_writable
        """,
    "nodestream.loop": """
        EventLoop Handle Immediate Promise SignalWatcher Watcher current_loop next_tick open_loop run
        """,
    "nodestream.registry": "StreamRegistry StreamState",
    "nodestream.zlib": """
        BrotliCompress BrotliDecompress Deflate DeflateRaw Gunzip Gzip Inflate InflateRaw Unzip ZstdCompress
        ZstdDecompress codes constants crc32 createBrotliCompress createBrotliDecompress createDeflate createDeflateRaw
        createGunzip createGzip createInflate createInflateRaw createUnzip createZstdCompress createZstdDecompress
        create_brotli_compress create_brotli_decompress create_deflate create_deflate_raw create_gunzip create_gzip
        create_inflate create_inflate_raw create_unzip create_zstd_compress create_zstd_decompress
        """,
}


@pytest.mark.parametrize("name", EXPORTS)
def test_a_module_exports_exactly_this(name: str) -> None:
    module = importlib.import_module(name)
    expected = sorted(EXPORTS[name].split())
    if hasattr(module, "__all__"):
        assert sorted(module.__all__) == expected
    else:
        public = {key: value for key, value in vars(module).items() if not key.startswith("_")}
        assert sorted(key for key, value in public.items() if not inspect.ismodule(value)) == expected


def test_the_package_gives_its_modules() -> None:
    module = importlib.import_module("nodestream")
    for name in ("errors", "process", "promises"):
        assert isinstance(getattr(module, name), types.ModuleType)


@pytest.mark.parametrize("name", ["nodestream.events", "nodestream.timers", "nodestream.timers.promises"])
def test_a_function_is_the_same_object_in_both_spellings(name: str) -> None:
    module = importlib.import_module(name)
    camel = [key for key in module.__all__ if not inspect.isclass(getattr(module, key)) and snake_case(key) != key]
    assert camel
    for key in camel:
        assert getattr(module, key) is getattr(module, snake_case(key))


def test_methods_of_process_work_in_both_spellings() -> None:
    process = importlib.import_module("nodestream.process")
    assert process.nextTick is process.next_tick
    assert process.emitWarning is process.emit_warning
    assert process.process.removeListener == process.remove_listener


def test_every_error_class_is_exported() -> None:
    errors = importlib.import_module("nodestream.errors")
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, BaseException) and not name.startswith("_")
    }
    assert classes <= set(errors.__all__)


def test_every_public_class_and_function_of_the_package_has_a_docstring() -> None:
    for name in EXPORTS:
        module = importlib.import_module(name)
        for key in EXPORTS[name].split():
            value = getattr(module, key)
            if inspect.isclass(value) or inspect.isfunction(value):
                assert value.__doc__, f"{name}.{key}"
