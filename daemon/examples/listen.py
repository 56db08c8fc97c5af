#!/usr/bin/python3
"""What has been heard so far, then what is heard: listen.py [--user] (Debian: python3-gi)"""
import sys
from gi.repository import Gio, GLib

bus = Gio.bus_get_sync(Gio.BusType.SESSION if "--user" in sys.argv else Gio.BusType.SYSTEM)

def on_event(bus, sender, path, interface, signal, arguments):
    number, revision, onset_ns, kind, confidence, details = arguments.unpack()
    print(f"event {number}, revision {revision}: {kind} ({confidence:.2f})", flush=True)

bus.signal_subscribe("org.backpop1", "org.backpop1.Sensor", "Event", None, None, 0, on_event)
events, following = bus.call_sync("org.backpop1", "/org/backpop1", "org.backpop1.Journal",
    "GetEvents", GLib.Variant("(ta{sv})", (0, {})), None, 0, -1, None).unpack()
print(f"{len(events)} revisions in the journal's first page, go on from {following}", flush=True)
GLib.MainLoop().run()
