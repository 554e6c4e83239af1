"""Every rule of RFC 9113 and RFC 7541 that a client can cross, at one port.

    http2_conformance.py HOST PORT PATH [CERTIFICATE]

Prints one JSON document a line: {"case", "ok", "detail"}; the last is {"cases": n}. A case is a function below whose
docstring begins with the section of the RFC; it raises where the server does not keep to it.
"""

import concurrent.futures
import inspect
import json
import struct
import sys

from raw_http2 import *  # noqa: F403  (the names of the protocol)
from raw_http2 import Broken, Connection, Target

CASES = []


def case(function):
    CASES.append(function)
    return function


def rejected_requests():
    """Heads that make a request malformed (RFC 9113, sections 8.1.1, 8.2, 8.3), as fields made from a target."""
    regular = ("x-test", "ok")
    yield "8.2.1 upper case in a name", lambda t: t.request(extra=[("X-Test", "ok")])
    for name, byte in [("NUL", "\0"), ("CR", "\r"), ("LF", "\n")]:
        yield f"8.2.1 {name} in a value", lambda t, b=byte: t.request(extra=[("x-test", f"a{b}b")])
    yield "8.2.1 a space before a value", lambda t: t.request(extra=[("x-test", " a")])
    yield "8.2.1 a tab after a value", lambda t: t.request(extra=[("x-test", "a\t")])
    for name in ["a b", "a:b", "a\x7f", "", "a\n", "\x80a"]:
        yield f"8.2.1 the name {name!r}", lambda t, n=name: t.request(extra=[(n, "ok")])
    for field in [("connection", "keep-alive"), ("keep-alive", "5"), ("proxy-connection", "close"),
                  ("transfer-encoding", "chunked"), ("upgrade", "h2c"), ("te", "gzip"), ("te", "trailers, deflate")]:
        yield f"8.2.2 {field[0]}: {field[1]}", lambda t, f=field: t.request(extra=[f])
    yield "8.3 an unknown pseudo-field", lambda t: t.request() + [(":unknown", "x")]
    yield "8.3 a pseudo-field of answers", lambda t: t.request() + [(":status", "200")]
    yield "8.3 a pseudo-field after a field", lambda t: [t.request()[0], regular, *t.request()[1:]]
    for name in [":method", ":scheme", ":path"]:
        yield f"8.3.1 without {name}", lambda t, n=name: t.request(without=[n])
        yield f"8.3.1 {name} twice", lambda t, n=name: [
            *t.request(), *[field for field in t.request() if field[0] == n]]
    yield "8.3.1 :authority twice", lambda t: [*t.request(), (":authority", t.authority)]
    yield "8.3.1 an empty :path", lambda t: [*t.request(without=[":path"]), (":path", "")]
    yield "8.3.1 a :path without a slash", lambda t: [*t.request(without=[":path"]), (":path", "livez")]
    yield "8.3.1 an asterisk without OPTIONS", lambda t: [*t.request(without=[":path"]), (":path", "*")]
    yield "8.3.1 a fragment in :path", lambda t: [*t.request(without=[":path"]), (":path", "/livez#x")]
    yield "8.3.1 user information in :authority", lambda t: [
        *t.request(without=[":authority"]), (":authority", "user@localhost")]
    yield "8.3.1 Host unlike :authority", lambda t: t.request(extra=[("host", "elsewhere.example")])
    yield "8.3.1 neither :authority nor Host", lambda t: t.request(without=[":authority"])
    yield "8.3.1 Host twice", lambda t: [
        *t.request(without=[":authority"]), ("host", "localhost"), ("host", "elsewhere.example")]
    yield "8.5 CONNECT with :scheme and :path", lambda t: t.request("CONNECT")
    yield "8.5 CONNECT without :authority", lambda t: [(":method", "CONNECT")]
    yield "9110 5.6.2 a method that is no token", lambda t: t.request("GE T")
    yield "9110 8.6 two lengths", lambda t: t.request(extra=[("content-length", "0"), ("content-length", "1")])
    for length in ["-1", "+1", "1,1", "0x1", "1 ", "99999999999999999999"]:
        yield f"9110 8.6 content-length {length!r}", lambda t, n=length: t.request(
            "POST", extra=[("content-length", n)])


def wrong_settings():
    """Settings with values that are not allowed (section 6.5.2)."""
    yield "ENABLE_PUSH 2", (ENABLE_PUSH, 2), PROTOCOL_ERROR
    yield "INITIAL_WINDOW_SIZE above the maximum", (INITIAL_WINDOW_SIZE, 0x80000000), FLOW_CONTROL_ERROR
    yield "MAX_FRAME_SIZE below 16384", (MAX_FRAME_SIZE, 16383), PROTOCOL_ERROR
    yield "MAX_FRAME_SIZE above the maximum", (MAX_FRAME_SIZE, 0x1000000), PROTOCOL_ERROR


def wrong_blocks():
    """Field blocks that cannot be decoded (RFC 7541), behind those of a plain request."""
    yield "2.3.3 an index beyond both tables", b"\xff\x80\x01"
    yield "6.1 the index 0", b"\x80"
    yield "4.2 a table size update after a field", b"\x20"
    yield "4.2 a name by an index beyond both tables", b"\x7f\x80\x01\x01a"
    yield "5.1 an integer without an end", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f"
    yield "5.2 a string longer than the block", b"\x00\x01a\x7fabc"
    yield "5.2 Huffman padding of a whole byte", b"\x00\x82\x1f\xff\x01a"
    yield "5.2 Huffman padding that is not of ones", b"\x00\x81\x18\x01a"
    yield "5.2 the end symbol within a string", b"\x00\x84\xff\xff\xff\xff\x01a"


# 3.4 and 4: preface and frames


@case
def preface_settings_first(target):
    """3.4 the first frame of the server is SETTINGS."""
    with Connection(target) as connection:
        first = connection.next()
        if first is None or first.kind != SETTINGS or first.flags & ACK:
            raise Broken(f"the first frame is {first}")


@case
def preface_wrong(target):
    """3.4 a wrong preface ends the connection."""
    with Connection(target, preface=False) as connection:
        connection.send_raw(b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")
        while connection.next() is not None:
            pass
        if not connection.is_closed:
            raise Broken("the connection stays")


@case
def preface_without_settings(target):
    """3.4 the first frame after the preface must be SETTINGS."""
    with Connection(target, preface=False) as connection:
        connection.send_raw(PREFACE)
        connection.frame(PING, payload=b"12345678")
        connection.connection_error(PROTOCOL_ERROR)


@case
def frame_of_unknown_type(target):
    """5.5 a frame of an unknown type is ignored."""
    with Connection(target).greeted() as connection:
        connection.frame(0xFF, 0xFF, 0, b"whatever")
        connection.frame(0xFE, 0, 5, b"x" * 100)
        connection.still_works()


@case
def frame_of_unknown_type_in_a_block(target):
    """5.5 an unknown frame within a field block is a connection error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request(), END_STREAM)
        connection.frame(0xFF, 0, 0, b"")
        connection.connection_error(PROTOCOL_ERROR)


@case
def undefined_flags(target):
    """4.1 undefined flags are ignored."""
    with Connection(target).greeted() as connection:
        connection.frame(PING, 0xFE, 0, b"flagsok!")
        if connection.until(lambda frame: frame.kind == PING and frame.payload == b"flagsok!") is None:
            raise Broken("no acknowledgement")


@case
def reserved_bit(target):
    """4.1 the reserved bit is ignored."""
    with Connection(target).greeted() as connection:
        connection.frame(PING, 0, 0x80000000, b"reserved")
        if connection.until(lambda frame: frame.kind == PING and frame.payload == b"reserved") is None:
            raise Broken("no acknowledgement")


@case
def headers_too_large_a_frame(target):
    """4.2 a HEADERS frame above SETTINGS_MAX_FRAME_SIZE is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, connection.block(target.request()) + b"\x00" * 16385)
        connection.connection_error(FRAME_SIZE_ERROR)


@case
def data_too_large_a_frame(target):
    """4.2 a DATA frame above SETTINGS_MAX_FRAME_SIZE is an error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(DATA, END_STREAM, 1, b"x" * 16385)
        connection.stream_error(1, FRAME_SIZE_ERROR)


@case
def headers_interrupted_by_priority(target):
    """6.2 HEADERS without END_HEADERS must be followed by CONTINUATION: PRIORITY."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request(), END_STREAM)
        connection.frame(PRIORITY, 0, 1, b"\0\0\0\0\x10")
        connection.connection_error(PROTOCOL_ERROR)


@case
def headers_interrupted_by_another_stream(target):
    """6.2 HEADERS without END_HEADERS must be followed by CONTINUATION: HEADERS of another stream."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request(), END_STREAM)
        connection.headers(3, target.request())
        connection.connection_error(PROTOCOL_ERROR)


# 5: streams


@case
def idle_data(target):
    """5.1 DATA on an idle stream is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(DATA, END_STREAM, 1, b"test")
        connection.connection_error(PROTOCOL_ERROR)


@case
def idle_reset(target):
    """5.1 RST_STREAM on an idle stream is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL))
        connection.connection_error(PROTOCOL_ERROR)


@case
def idle_window_update(target):
    """5.1 WINDOW_UPDATE on an idle stream is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 100))
        connection.connection_error(PROTOCOL_ERROR)


@case
def idle_continuation(target):
    """5.1 CONTINUATION on an idle stream is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(CONTINUATION, END_HEADERS, 1, connection.block(target.request()))
        connection.connection_error(PROTOCOL_ERROR)


def _half_closed(target):
    connection = Connection(target).greeted()
    # A window of nothing keeps the answer, and so the stream, open.
    connection.settings([(INITIAL_WINDOW_SIZE, 0)])
    connection.get(1)
    return connection


@case
def half_closed_data(target):
    """5.1 DATA after END_STREAM is a STREAM_CLOSED error."""
    with _half_closed(target) as connection:
        connection.frame(DATA, END_STREAM, 1, b"test")
        connection.stream_error(1, STREAM_CLOSED)


@case
def half_closed_headers(target):
    """5.1 HEADERS after END_STREAM are a STREAM_CLOSED error."""
    with _half_closed(target) as connection:
        connection.headers(1, target.request())
        connection.stream_error(1, STREAM_CLOSED)


@case
def half_closed_continuation(target):
    """5.1 CONTINUATION after END_STREAM is an error."""
    with _half_closed(target) as connection:
        connection.frame(CONTINUATION, END_HEADERS, 1, connection.block(target.request()))
        connection.connection_error(STREAM_CLOSED, PROTOCOL_ERROR)


def _reset(target):
    connection = Connection(target).greeted()
    connection.headers(1, target.request("POST"), END_HEADERS)
    connection.frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL))
    return connection


@case
def reset_then_data(target):
    """5.1 DATA after RST_STREAM is a STREAM_CLOSED error, or ignored."""
    with _reset(target) as connection:
        connection.frame(DATA, END_STREAM, 1, b"test")
        connection.frame(PING, payload=b"closedok")
        frame = connection.until(lambda f: f.kind in (GOAWAY, RST_STREAM) or f.kind == PING and f.flags & ACK)
        if frame is None and not connection.is_closed:
            raise Broken("nothing at all")
        if frame is not None and frame.kind != PING and frame.code != STREAM_CLOSED:
            raise Broken(f"{frame}")


@case
def reset_then_headers(target):
    """5.1 HEADERS after RST_STREAM are an error."""
    with _reset(target) as connection:
        connection.headers(1, target.request())
        connection.stream_error(1, STREAM_CLOSED, PROTOCOL_ERROR)


@case
def refused_then_trailers(target):
    """5.1 what crosses a reset of the server on its way is ignored."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST", extra=[("te", "gzip")]), END_HEADERS)
        if connection.until(lambda frame: frame.kind in (RST_STREAM, HEADERS) and frame.stream == 1) is None:
            raise Broken("a malformed request was taken")
        connection.frame(DATA, 0, 1, b"late")
        connection.headers(1, [("x-trailer", "late")])
        connection.still_works()


@case
def closed_headers(target):
    """5.1 HEADERS on a stream that is over are a connection error."""
    with Connection(target).greeted() as connection:
        connection.get(1)
        connection.answered(1)
        connection.headers(1, target.request())
        connection.connection_error(STREAM_CLOSED, PROTOCOL_ERROR)


@case
def closed_continuation(target):
    """5.1 CONTINUATION on a stream that is over is a connection error."""
    with Connection(target).greeted() as connection:
        connection.get(1)
        connection.answered(1)
        connection.frame(CONTINUATION, END_HEADERS, 1, b"")
        connection.connection_error(STREAM_CLOSED, PROTOCOL_ERROR)


@case
def even_stream(target):
    """5.1.1 a stream of a client has an odd number."""
    with Connection(target).greeted() as connection:
        connection.get(2)
        connection.connection_error(PROTOCOL_ERROR)


@case
def smaller_stream(target):
    """5.1.1 a new stream has a larger number than all before."""
    with Connection(target).greeted() as connection:
        connection.get(5)
        connection.answered(5)
        connection.get(3)
        connection.connection_error(PROTOCOL_ERROR, STREAM_CLOSED)


@case
def too_many_streams(target):
    """5.1.2 streams above SETTINGS_MAX_CONCURRENT_STREAMS are refused."""
    with Connection(target) as connection:
        settings = connection.until(lambda frame: frame.kind == SETTINGS and not frame.flags & ACK)
        values = dict(struct.unpack(">HI", settings.payload[i:i + 6]) for i in range(0, len(settings.payload), 6))
        limit = values.get(MAX_CONCURRENT_STREAMS)
        if limit is None or limit > 1000:
            raise Broken(f"no limit on streams: {values}")
        for number in range(limit + 1):
            # Heads whose bodies never come keep their streams.
            connection.headers(2 * number + 1, target.request("POST"), END_HEADERS)
        frame = connection.until(
            lambda frame: frame.kind == GOAWAY or frame.kind == RST_STREAM and frame.stream == 2 * limit + 1)
        if frame is None or frame.code not in (REFUSED_STREAM, PROTOCOL_ERROR, ENHANCE_YOUR_CALM):
            raise Broken(f"{frame}")


# 6: frames by type


@case
def data_on_stream_0(target):
    """6.1 DATA on stream 0 is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(DATA, END_STREAM, 0, b"test")
        connection.connection_error(PROTOCOL_ERROR)


@case
def data_padding(target):
    """6.1 padding as long as the frame is a connection error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(DATA, PADDED | END_STREAM, 1, b"\x06test")
        connection.connection_error(PROTOCOL_ERROR)


@case
def headers_on_stream_0(target):
    """6.2 HEADERS on stream 0 are a connection error."""
    with Connection(target).greeted() as connection:
        connection.get(0)
        connection.connection_error(PROTOCOL_ERROR)


@case
def headers_padding(target):
    """6.2 padding longer than the frame is a connection error."""
    with Connection(target).greeted() as connection:
        block = connection.block(target.request())
        connection.frame(HEADERS, PADDED | END_STREAM | END_HEADERS, 1, bytes([len(block) + 1]) + block)
        connection.connection_error(PROTOCOL_ERROR)


@case
def headers_with_everything(target):
    """6.2 padding and priority are understood."""
    with Connection(target).greeted() as connection:
        block = connection.block(target.request())
        payload = b"\x03" + b"\0\0\0\0\x10" + block + b"\0\0\0"
        connection.frame(HEADERS, PADDED | PRIORITIZED | END_STREAM | END_HEADERS, 1, payload)
        connection.answered(1)


@case
def priority_on_stream_0(target):
    """6.3 PRIORITY on stream 0 is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(PRIORITY, 0, 0, b"\0\0\0\0\x10")
        connection.connection_error(PROTOCOL_ERROR)


@case
def priority_of_wrong_length(target):
    """6.3 PRIORITY of another length than 5 is an error."""
    with Connection(target).greeted() as connection:
        connection.frame(PRIORITY, 0, 1, b"\0\0\0\0")
        connection.stream_error(1, FRAME_SIZE_ERROR)


@case
def reset_on_stream_0(target):
    """6.4 RST_STREAM on stream 0 is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(RST_STREAM, 0, 0, struct.pack(">I", CANCEL))
        connection.connection_error(PROTOCOL_ERROR)


@case
def reset_of_wrong_length(target):
    """6.4 RST_STREAM of another length than 4 is a connection error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(RST_STREAM, 0, 1, b"\0\0\0")
        connection.connection_error(FRAME_SIZE_ERROR)


@case
def settings_ack_with_payload(target):
    """6.5 an acknowledgement of SETTINGS has no payload."""
    with Connection(target).greeted() as connection:
        connection.frame(SETTINGS, ACK, 0, b"\0")
        connection.connection_error(FRAME_SIZE_ERROR)


@case
def settings_on_a_stream(target):
    """6.5 SETTINGS on a stream are a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(SETTINGS, 0, 1, struct.pack(">HI", MAX_CONCURRENT_STREAMS, 100))
        connection.connection_error(PROTOCOL_ERROR)


@case
def settings_of_wrong_length(target):
    """6.5 SETTINGS of a length that 6 does not divide are a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(SETTINGS, 0, 0, b"\0\x03\0")
        connection.connection_error(FRAME_SIZE_ERROR)


@case
def settings_unknown(target):
    """6.5.2 an unknown setting is ignored."""
    with Connection(target).greeted() as connection:
        connection.settings([(0xFF, 1)])
        connection.still_works()


@case
def settings_in_order(target):
    """6.5.3 the values of one frame are taken in their order, and acknowledged."""
    with Connection(target).greeted() as connection:
        connection.settings([(INITIAL_WINDOW_SIZE, 100), (INITIAL_WINDOW_SIZE, 1)])
        if connection.until(lambda frame: frame.kind == SETTINGS and frame.flags & ACK) is None:
            raise Broken("no acknowledgement")
        connection.get(1, path="/nowhere")
        data = connection.until(lambda frame: frame.kind == DATA and frame.stream == 1)
        if data is None or len(data.payload) != 1:
            raise Broken(f"{data}")


@case
def ping_acknowledged(target):
    """6.7 PING is answered with the same payload."""
    with Connection(target).greeted() as connection:
        connection.still_works()


@case
def ping_ack_unanswered(target):
    """6.7 an acknowledgement is not answered."""
    with Connection(target).greeted() as connection:
        connection.frame(PING, ACK, 0, b"unheard!")
        connection.still_works()
        if any(frame.payload == b"unheard!" for frame in connection.heard):
            raise Broken("it was answered")


@case
def ping_on_a_stream(target):
    """6.7 PING on a stream is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(PING, 0, 1, b"12345678")
        connection.connection_error(PROTOCOL_ERROR)


@case
def ping_of_wrong_length(target):
    """6.7 PING of another length than 8 is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(PING, 0, 0, b"123456")
        connection.connection_error(FRAME_SIZE_ERROR)


@case
def goaway_on_a_stream(target):
    """6.8 GOAWAY on a stream is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(GOAWAY, 0, 1, struct.pack(">II", 0, NO_ERROR))
        connection.connection_error(PROTOCOL_ERROR)


@case
def goaway_finishes_what_runs(target):
    """6.8 after GOAWAY of the client, its streams are still answered."""
    with Connection(target).greeted() as connection:
        connection.get(1)
        connection.frame(GOAWAY, 0, 0, struct.pack(">II", 0, NO_ERROR))
        connection.answered(1)


@case
def window_update_of_0_on_the_connection(target):
    """6.9 an increment of 0 on the connection is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0))
        connection.connection_error(PROTOCOL_ERROR)


@case
def window_update_of_0_on_a_stream(target):
    """6.9 an increment of 0 on a stream is a stream error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 0))
        connection.stream_error(1, PROTOCOL_ERROR)


@case
def window_update_of_wrong_length(target):
    """6.9 WINDOW_UPDATE of another length than 4 is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(WINDOW_UPDATE, 0, 0, b"\0\0\1")
        connection.connection_error(FRAME_SIZE_ERROR)


@case
def window_of_one_byte(target):
    """6.9.1 no more is sent than the window has room for."""
    with Connection(target, [(INITIAL_WINDOW_SIZE, 1)]).greeted() as connection:
        connection.get(1, path="/nowhere")
        first = connection.until(lambda frame: frame.kind == DATA)
        if first is None or len(first.payload) != 1:
            raise Broken(f"{first}")
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 2))
        second = connection.until(lambda frame: frame.kind == DATA)
        if second is None or len(second.payload) != 2:
            raise Broken(f"{second}")


@case
def window_overflow_on_the_connection(target):
    """6.9.1 a window above 2^31-1 on the connection is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 0x7FFFFFFF))
        connection.connection_error(FLOW_CONTROL_ERROR)


@case
def window_overflow_on_a_stream(target):
    """6.9.1 a window above 2^31-1 on a stream is a stream error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 0x7FFFFFFF))
        connection.stream_error(1, FLOW_CONTROL_ERROR)


@case
def window_changed_by_settings(target):
    """6.9.2 SETTINGS change the windows of open streams."""
    with Connection(target, [(INITIAL_WINDOW_SIZE, 0)]).greeted() as connection:
        connection.get(1, path="/nowhere")
        if connection.until(lambda frame: frame.kind == HEADERS) is None:
            raise Broken("no head")
        connection.settings([(INITIAL_WINDOW_SIZE, 1)])
        data = connection.until(lambda frame: frame.kind == DATA)
        if data is None or len(data.payload) != 1:
            raise Broken(f"{data}")


@case
def window_below_zero(target):
    """6.9.2 a window that SETTINGS made negative is filled up first."""
    with Connection(target, [(INITIAL_WINDOW_SIZE, 3)]).greeted() as connection:
        connection.get(1, path="/nowhere")
        if connection.until(lambda frame: frame.kind == DATA and len(frame.payload) == 3) is None:
            raise Broken("no DATA of three bytes")
        connection.settings([(INITIAL_WINDOW_SIZE, 2)])
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 2))
        data = connection.until(lambda frame: frame.kind == DATA)
        if data is None or len(data.payload) != 1:
            raise Broken(f"{data}")


@case
def window_overflow_by_settings(target):
    """6.9.2 SETTINGS that make a stream's window overflow are an error (of the connection; nghttp2 resets the stream)."""
    with Connection(target, [(INITIAL_WINDOW_SIZE, 0)]).greeted() as connection:
        # Its body never comes, so that the stream stays.
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 0x7FFFFFFF))
        connection.settings([(INITIAL_WINDOW_SIZE, 0x7FFFFFFF)])
        connection.stream_error(1, FLOW_CONTROL_ERROR)


@case
def continuation_of_several(target):
    """6.10 a block in several CONTINUATION frames is one block."""
    with Connection(target).greeted() as connection:
        block = connection.block(target.request())
        connection.frame(HEADERS, END_STREAM, 1, block[:5])
        connection.frame(CONTINUATION, 0, 1, block[5:9])
        connection.frame(CONTINUATION, END_HEADERS, 1, block[9:])
        connection.answered(1)


@case
def continuation_interrupted(target):
    """6.10 within a block there is nothing but CONTINUATION of its stream."""
    for kind, stream, payload in [(DATA, 1, b"test"), (CONTINUATION, 3, b""), (PING, 0, b"12345678")]:
        with Connection(target).greeted() as connection:
            block = connection.block(target.request())
            connection.frame(HEADERS, END_STREAM, 1, block[:5])
            connection.frame(CONTINUATION, 0, 1, block[5:])
            connection.frame(kind, 0, stream, payload)
            connection.connection_error(PROTOCOL_ERROR)


@case
def continuation_after_the_end(target):
    """6.10 CONTINUATION after END_HEADERS is a connection error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(CONTINUATION, END_HEADERS, 1, b"")
        connection.connection_error(PROTOCOL_ERROR)


@case
def continuation_after_data(target):
    """6.10 CONTINUATION after DATA is a connection error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(DATA, 0, 1, b"test")
        connection.frame(CONTINUATION, END_HEADERS, 1, b"")
        connection.connection_error(PROTOCOL_ERROR)


@case
def push_promise_of_a_client(target):
    """8.4 a client cannot push."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        block = connection.block(target.request())
        connection.frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2) + block)
        connection.connection_error(PROTOCOL_ERROR)


# 8: HTTP


@case
def methods(target):
    """8.1 GET, HEAD, POST and OPTIONS are answered."""
    for method in ["GET", "HEAD", "POST", "OPTIONS"]:
        with Connection(target).greeted() as connection:
            connection.headers(1, target.request(method))
            connection.answered(1)


@case
def head_without_a_body(target):
    """9110 9.3.2 an answer to HEAD has no DATA."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("HEAD"))
        connection.answered(1)
        if any(frame.kind == DATA and frame.payload for frame in connection.heard):
            raise Broken("there is a body")


@case
def host_alone(target):
    """8.3.1 Host stands for :authority where that is absent."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request(without=[":authority"], extra=[("host", target.authority)]))
        if connection.answered(1) == 400:
            raise Broken("it was answered 400")


@case
def te_trailers(target):
    """8.2.2 `te: trailers` is allowed."""
    with Connection(target).greeted() as connection:
        connection.get(1, extra=[("te", "trailers")])
        if connection.answered(1) == 400:
            raise Broken("it was answered 400")


@case
def cookie_crumbs(target):
    """8.2.3 a cookie may come in pieces."""
    with Connection(target).greeted() as connection:
        connection.get(1, extra=[("cookie", "a=b"), ("cookie", "c=d")])
        connection.answered(1)


@case
def body_and_trailers(target):
    """8.1 a body with padding and trailers is taken."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(DATA, PADDED, 1, b"\x02{}\0\0")
        connection.headers(1, [("x-trailer", "ok")])
        connection.answered(1)


@case
def trailers_without_end(target):
    """8.1 a second block without END_STREAM is malformed."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.headers(1, [("x-trailer", "ok")], END_HEADERS)
        connection.refused(1, PROTOCOL_ERROR)


@case
def trailers_with_pseudo(target):
    """8.1 trailers have no pseudo-fields."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(DATA, 0, 1, b"{}")
        connection.headers(1, [(":method", "POST")])
        connection.refused(1, PROTOCOL_ERROR)


@case
def length_unlike_the_body(target):
    """8.1.1 content-length is the length of the body."""
    for length, frames in [("1", [b"test"]), ("5", [b"te", b"st"]), ("1", [b""])]:
        with Connection(target).greeted() as connection:
            connection.headers(1, target.request("POST", extra=[("content-length", length)]), END_HEADERS)
            for index, payload in enumerate(frames):
                connection.frame(DATA, END_STREAM if index == len(frames) - 1 else 0, 1, payload)
            connection.refused(1, PROTOCOL_ERROR)


@case
def length_without_a_body(target):
    """8.1.1 a promised body must come."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST", extra=[("content-length", "4")]))
        connection.refused(1, PROTOCOL_ERROR)


# What must be taken although it is odd (RFC 9113, sections 5.1, 5.3, 6 and 7)


@case
def idle_priority(target):
    """5.1 PRIORITY of an idle stream is taken, and uses up no stream."""
    with Connection(target).greeted() as connection:
        connection.frame(PRIORITY, 0, 7, b"\0\0\0\0\x10")
        connection.get(1)
        connection.answered(1)


@case
def half_closed_taken(target):
    """5.1 WINDOW_UPDATE, PRIORITY and RST_STREAM after END_STREAM are taken."""
    with _half_closed(target) as connection:
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 1))
        connection.frame(PRIORITY, 0, 1, b"\0\0\0\0\x10")
        connection.frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL))
        connection.still_works()


@case
def closed_taken(target):
    """5.1 WINDOW_UPDATE, PRIORITY and RST_STREAM on a stream that is over are taken or ignored."""
    with Connection(target).greeted() as connection:
        connection.get(1)
        connection.answered(1)
        connection.frame(WINDOW_UPDATE, 0, 1, struct.pack(">I", 1))
        connection.frame(PRIORITY, 0, 1, b"\0\0\0\0\x10")
        connection.frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL))
        connection.still_works()


@case
def closed_data(target):
    """5.1 DATA on a stream that is over is a STREAM_CLOSED error, or ignored."""
    with Connection(target).greeted() as connection:
        connection.get(1)
        connection.answered(1)
        connection.frame(DATA, END_STREAM, 1, b"test")
        connection.frame(PING, payload=b"closedok")
        frame = connection.until(lambda f: f.kind in (GOAWAY, RST_STREAM) or f.kind == PING and f.flags & ACK)
        if frame is None and not connection.is_closed:
            raise Broken("nothing at all")
        if frame is not None and frame.kind != PING and frame.code != STREAM_CLOSED:
            raise Broken(f"{frame}")


@case
def reset_then_continuation(target):
    """5.1 CONTINUATION after RST_STREAM is a connection error."""
    with _reset(target) as connection:
        connection.frame(CONTINUATION, END_HEADERS, 1, b"")
        connection.connection_error(STREAM_CLOSED, PROTOCOL_ERROR)


@case
def priorities(target):
    """5.3.2 priorities of any weight and dependency are ignored."""
    with Connection(target).greeted() as connection:
        for stream, priority in enumerate([b"\0\0\0\0\0", b"\0\0\0\0\xff", b"\x80\0\0\0\x0f", b"\0\0\0\x63\x0f"]):
            connection.frame(PRIORITY, 0, 2 * stream + 1, priority)
            connection.frame(HEADERS, PRIORITIZED | END_STREAM | END_HEADERS, 2 * stream + 1,
                             priority + connection.block(target.request()))
            connection.answered(2 * stream + 1)


@case
def priority_of_itself(target):
    """5.3.1 of RFC 7540: a stream that depends on itself is an error, or ignored as RFC 9113 has it."""
    for kind, flags, more in [(PRIORITY, 0, False), (HEADERS, PRIORITIZED | END_STREAM | END_HEADERS, True)]:
        with Connection(target).greeted() as connection:
            connection.frame(kind, flags, 1, b"\0\0\0\1\x10" + (connection.block(target.request()) if more else b""))
            connection.frame(PING, payload=b"selfself")
            frame = connection.until(
                lambda f: f.kind in (GOAWAY, RST_STREAM) or f.kind == PING and f.payload == b"selfself")
            if frame is None and not connection.is_closed:
                raise Broken("nothing at all")
            if frame is not None and frame.kind != PING and frame.code != PROTOCOL_ERROR:
                raise Broken(f"{frame}")


@case
def data_of_the_largest_frame(target):
    """4.2 DATA of 16384 bytes is taken."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(DATA, END_STREAM, 1, b"x" * 16384)
        connection.answered(1)


@case
def data_in_many_frames(target):
    """6.1 a body in several frames, padded and empty ones among them, is one body."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        for payload, flags in [(b"{", 0), (b"", 0), (b"\x02 \0\0", PADDED), (b"\0", PADDED), (b"}", END_STREAM)]:
            connection.frame(DATA, flags, 1, payload)
        connection.answered(1)


@case
def data_padding_of_nothing(target):
    """6.1 a padded DATA frame has room for the length of its padding."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(DATA, PADDED | END_STREAM, 1, b"")
        connection.connection_error(PROTOCOL_ERROR, FRAME_SIZE_ERROR)


@case
def data_after_headers_only_by_continuation(target):
    """6.10 CONTINUATION on stream 0 is a connection error."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request(), END_STREAM)
        connection.frame(CONTINUATION, END_HEADERS, 0, b"")
        connection.connection_error(PROTOCOL_ERROR)


@case
def continuation_after_continuation(target):
    """6.10 CONTINUATION after one with END_HEADERS is a connection error."""
    with Connection(target).greeted() as connection:
        block = connection.block(target.request("POST"))
        connection.frame(HEADERS, 0, 1, block[:5])
        connection.frame(CONTINUATION, END_HEADERS, 1, block[5:])
        connection.frame(CONTINUATION, END_HEADERS, 1, b"")
        connection.connection_error(PROTOCOL_ERROR)


@case
def headers_too_short_for_their_flags(target):
    """6.2 a HEADERS frame has room for its padding length and priority."""
    for flags, payload in [(PADDED, b""), (PRIORITIZED, b"\0\0\0\0"), (PADDED | PRIORITIZED, b"\0\0\0\0\0")]:
        with Connection(target).greeted() as connection:
            connection.frame(HEADERS, flags | END_STREAM | END_HEADERS, 1, payload)
            connection.connection_error(FRAME_SIZE_ERROR, PROTOCOL_ERROR)


@case
def unknown_codes(target):
    """7 unknown error codes of RST_STREAM and GOAWAY have no special meaning."""
    with Connection(target).greeted() as connection:
        connection.headers(1, target.request("POST"), END_HEADERS)
        connection.frame(RST_STREAM, 0, 1, struct.pack(">I", 0xFF))
        connection.get(3)
        connection.answered(3)
        connection.get(5)
        connection.frame(GOAWAY, 0, 0, struct.pack(">II", 0, 0xFF))
        connection.answered(5)


@case
def goaway_too_short(target):
    """6.8 GOAWAY of less than 8 bytes is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(GOAWAY, 0, 0, b"\0\0\0\0")
        connection.connection_error(FRAME_SIZE_ERROR)


@case
def frames_fit_the_peer(target):
    """4.2 no frame of the server is larger than this side's SETTINGS_MAX_FRAME_SIZE, which is 16384."""
    with Connection(target, [(INITIAL_WINDOW_SIZE, 1 << 20)]).greeted() as connection:
        connection.get(1, path="/openapi.json")
        connection.frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 1 << 20))
        connection.answered(1)
        largest = max(len(frame.payload) for frame in connection.heard)
        if largest > 16384:
            raise Broken(f"a frame of {largest} bytes")


@case
def trailers_malformed(target):
    """8.2.1 trailers keep to the rules of fields."""
    for field in [("X-Upper", "a"), ("connection", "close"), ("x", "a\0b"), ("transfer-encoding", "chunked")]:
        with Connection(target).greeted() as connection:
            connection.headers(1, target.request("POST"), END_HEADERS)
            connection.frame(DATA, 0, 1, b"{}")
            connection.headers(1, [field])
            connection.refused(1, PROTOCOL_ERROR)


@case
def names_with_underscores(target):
    """edge.md 4 a name with `_` is refused, in trailers too."""
    with Connection(target).greeted() as connection:
        connection.get(1, extra=[("x_test", "a")])
        connection.refused(1, PROTOCOL_ERROR)
        connection.headers(3, target.request("POST"), END_HEADERS)
        connection.headers(3, [("x_test", "a")])
        connection.refused(3, PROTOCOL_ERROR)


# HPACK


@case
def representations(target):
    """7541 6 every representation of a field is understood."""
    with Connection(target).greeted() as connection:
        name, value = b"\x06x-name", b"\x05value"
        for stream, block in enumerate([
                b"", b"\x40" + name + value, b"\xbe", b"\x00" + name + value, b"\x10" + name + value, b"\x0f\x2f" + value,
                b"\x40\x84\xf2\xb4\xa7\x3f\x84\xee\x3a\x2d\x2f"]):
            plain = b"\x82" + (b"\x87" if target.certificate else b"\x86")
            path = target.path.encode()
            plain += b"\x04" + bytes([len(path)]) + path + b"\x01" + bytes([len(target.authority)])
            connection.frame(
                HEADERS, END_STREAM | END_HEADERS, 2 * stream + 1, plain + target.authority.encode() + block)
            connection.answered(2 * stream + 1)


@case
def table_size_update_first(target):
    """7541 4.2 an update of the table size at the start of a block is understood."""
    with Connection(target).greeted() as connection:
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x20\x3f\xe1\x1f" + connection.block(target.request()))
        connection.answered(1)


@case
def table_size_update_too_large(target):
    """7541 4.2 a table size above SETTINGS_HEADER_TABLE_SIZE is a connection error."""
    with Connection(target).greeted() as connection:
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x3f\xe2\x1f" + connection.block(target.request()))
        connection.connection_error(COMPRESSION_ERROR)


@case
def table_size_updates(target):
    """7541 4.2 two updates at the start of a block are understood; the smaller one empties the table."""
    with Connection(target).greeted() as connection:
        plain = connection.block(target.request(extra=[("x-kept", "a")]))
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\x3f\xe1\x1f" + plain)
        connection.answered(1)
        # What was the newest entry is gone with the table.
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 3, b"\x20\x3f\xe1\x1f\xbe")
        connection.connection_error(COMPRESSION_ERROR)


@case
def table_of_the_answers(target):
    """7541 4.2 a server that is told to keep no table keeps none."""
    with Connection(target, [(HEADER_TABLE_SIZE, 0)]).greeted() as connection:
        connection.decoder.max_allowed_table_size = 0
        for stream in [1, 3, 5]:
            connection.get(stream)
            connection.answered(stream)
        if connection.decoder.header_table_size != 0:
            raise Broken("a table is in use")


@case
def table_is_bounded(target):
    """7541 4.4 old entries make room for new ones, and an entry larger than the table empties it."""
    with Connection(target).greeted() as connection:
        for number in range(8):
            connection.get(2 * number + 1, extra=[(f"x-{number}", "v" * 900)])
            connection.answered(2 * number + 1)
        plain = connection.block(target.request())
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 17, plain + b"\x40\x01x\x7f\x81\x27" + b"x" * 5120)
        connection.answered(17)
        connection.frame(HEADERS, END_STREAM | END_HEADERS, 19, b"\xbe")
        connection.connection_error(COMPRESSION_ERROR)


def expanded(target):
    """Every case by name, as functions without arguments."""
    for function in CASES:
        yield inspect.getdoc(function), lambda f=function: f(target)
    for name, make in rejected_requests():
        def refuse(make=make):
            with Connection(target).greeted() as connection:
                connection.headers(1, make(target))
                connection.refused(1, PROTOCOL_ERROR)
        yield name, refuse
    for name, entry, code in wrong_settings():
        def break_settings(entry=entry, code=code):
            with Connection(target).greeted() as connection:
                connection.settings([entry])
                connection.connection_error(code)
        yield f"6.5.2 {name}", break_settings
    for name, block in wrong_blocks():
        def break_block(block=block):
            with Connection(target).greeted() as connection:
                plain = connection.block(target.request())
                connection.frame(HEADERS, END_STREAM | END_HEADERS, 1, plain + block)
                connection.connection_error(COMPRESSION_ERROR)
        yield f"7541 {name}", break_block


def outcome(named):
    name, run = named
    try:
        run()
        return {"case": name, "ok": True, "detail": ""}
    except Exception as fault:  # whatever it is, the case did not hold
        return {"case": name, "ok": False, "detail": f"{type(fault).__name__}: {fault}"}


def main():
    host, port, path = sys.argv[1:4]
    target = Target(host, int(port), certificate=sys.argv[4] if len(sys.argv) > 4 else None, path=path)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(outcome, expanded(target)))
    for each in outcomes:
        print(json.dumps(each))
    print(json.dumps({"cases": len(outcomes)}))


if __name__ == "__main__":
    main()
