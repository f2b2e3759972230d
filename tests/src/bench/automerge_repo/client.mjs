// Sockets to a server of automerge-repo: how long an edit takes to the last of them, or what they take of its memory.
import { readFileSync } from "node:fs";
import * as Automerge from "@automerge/automerge";
import { cbor } from "@automerge/automerge-repo";
import WebSocket from "ws";

const { port, documentId, pid, count, edits } = JSON.parse(process.argv[2]);

/** A peer that answers nothing before it is told to: what it is sent is timed and waits. */
class Peer {
  constructor(n) {
    this.id = `peer-${n}`;
    this.doc = Automerge.init();
    this.state = Automerge.initSyncState();
    this.waiting = [];
  }

  open() {
    return new Promise((resolve, reject) => {
      this.socket = new WebSocket(`ws://127.0.0.1:${port}`);
      this.socket.binaryType = "nodebuffer";
      this.socket.on("error", reject);
      this.socket.on("open", () => {
        this.say({ type: "join", peerMetadata: {}, supportedProtocolVersions: ["1"] });
      });
      this.socket.on("message", (bytes) => {
        const message = cbor.decode(bytes);
        if (message.type === "peer") {
          this.server = message.senderId;
          resolve();
        } else if (message.type === "sync" && message.documentId === documentId) {
          this.waiting.push(message.data);
          this.heard?.();
        }
      });
    });
  }

  say(message) {
    this.socket.send(cbor.encode({ senderId: this.id, ...message }));
  }

  /** Says what it has to say of the document. */
  sync(type = "sync") {
    const [state, data] = Automerge.generateSyncMessage(this.doc, this.state);
    this.state = state;
    if (data) this.say({ type, targetId: this.server, documentId, data });
  }

  /** Takes what was sent, and answers. */
  take() {
    const had = Automerge.getHeads(this.doc).join();
    for (const data of this.waiting.splice(0)) {
      [this.doc, this.state] = Automerge.receiveSyncMessage(this.doc, this.state, new Uint8Array(data));
    }
    this.sync();
    return Automerge.getHeads(this.doc).join() !== had;
  }

  hears() {
    return this.waiting.length > 0 ? undefined : new Promise((resolve) => (this.heard = resolve));
  }
}

const quiet = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

async function settle(peers) {
  for (let still = 0; still < 5; ) {
    await quiet(20);
    const open = peers.filter((peer) => peer.waiting.length > 0);
    open.forEach((peer) => peer.take());
    still = open.length > 0 ? 0 : still + 1;
  }
}

const before = resident();
const peers = [];
for (let n = 0; n < count; n += 1) {
  const peer = new Peer(n);
  await peer.open();
  peer.sync("request");
  peers.push(peer);
}
await settle(peers);
const after = resident();
if (peers.some((peer) => peer.doc.name !== "0")) throw new Error("not all have the document");

const [writer, ...others] = peers;
const times = [];
for (let n = 1; n <= edits; n += 1) {
  writer.doc = Automerge.change(writer.doc, (doc) => {
    doc.name = String(n);
  });
  const begun = performance.now();
  writer.sync();
  await Promise.all(others.map((peer) => peer.hears()));
  times.push(performance.now() - begun);
  await settle(peers);
  if (peers.some((peer) => peer.doc.name !== String(n))) throw new Error(`not all have heard of edit ${n}`);
}
console.log(JSON.stringify({ before, after, times }));
process.exit(0);
