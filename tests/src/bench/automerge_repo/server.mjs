// A server of automerge-repo that keeps one document in memory; prints where it listens and the document's id.
import { Repo } from "@automerge/automerge-repo";
import { WebSocketServerAdapter } from "@automerge/automerge-repo-network-websocket";
import { WebSocketServer } from "ws";

const sockets = new WebSocketServer({ host: "127.0.0.1", port: 0 });
const repo = new Repo({ network: [new WebSocketServerAdapter(sockets)], sharePolicy: async () => true });
const { documentId } = repo.create({ name: "0" });
sockets.on("listening", () => console.log(JSON.stringify({ port: sockets.address().port, documentId })));
