#!/usr/bin/env python3
"""A stand-in for the Bot API of Telegram, for tests/accept-chat.sh: telegram.py FOLDER.

Writes its address to FOLDER/address, every call to FOLDER/calls (one JSON object a line), and the texts of messages as
they are now to FOLDER/messages.json. A line of FOLDER/say is a message of person 42 in chat -1001: {"text", "topic",
"answers"}.
"""

import json, os, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = sys.argv[1]
lock = threading.Lock()
state = {"updates": [], "next": 100, "message": 10, "topic": 500, "texts": {}, "topics": {}, "said": 0}


def take_said():
    """Turns new lines of FOLDER/say into updates."""
    try:
        lines = open(f"{folder}/say").read().splitlines()
    except FileNotFoundError:
        return
    for line in lines[state["said"]:]:
        said = json.loads(line)
        state["said"] += 1
        state["message"] += 1
        message = {"message_id": state["message"], "date": int(time.time()), "text": said["text"],
                   "chat": {"id": -1001, "type": "supergroup"}, "from": {"id": 42, "is_bot": False, "first_name": "Ada"}}
        if said.get("topic"):
            message.update(message_thread_id=said["topic"], is_topic_message=True)
        if said.get("answers"):
            message["reply_to_message"] = {"message_id": said["answers"]}
        state["updates"].append({"update_id": state["next"], "message": message})
        state["next"] += 1


def answer(method, fields):
    if method == "getMe":
        return {"id": 123456, "is_bot": True, "username": "our_bot"}
    if method == "getUpdates":
        end = time.time() + fields.get("timeout", 0)
        while True:
            with lock:
                take_said()
                state["updates"] = [u for u in state["updates"] if u["update_id"] >= fields.get("offset", 0)]
                if state["updates"] or time.time() >= end:
                    return list(state["updates"])
            time.sleep(0.1)
    with lock:
        if method == "createForumTopic":
            state["topic"] += 1
            state["topics"][state["topic"]] = fields["name"]
            return {"message_thread_id": state["topic"], "name": fields["name"]}
        if method == "sendMessage":
            state["message"] += 1
            state["texts"][state["message"]] = {"text": fields["text"], "topic": fields.get("message_thread_id")}
            return {"message_id": state["message"]}
        if method == "editMessageText":
            state["texts"][fields["message_id"]]["text"] = fields["text"]
            return {"message_id": fields["message_id"]}
    return True


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        method = self.path.rsplit("/", 1)[1]
        fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        result = answer(method, fields)
        with lock:
            with open(f"{folder}/calls", "a") as out:
                out.write(json.dumps({"method": method, "fields": fields}) + "\n")
            with open(f"{folder}/messages.tmp", "w") as out:
                json.dump({"texts": state["texts"], "topics": state["topics"]}, out)
            os.replace(f"{folder}/messages.tmp", f"{folder}/messages.json")
        body = json.dumps({"ok": True, "result": result}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
with open(f"{folder}/address", "w") as out:
    out.write(f"http://127.0.0.1:{server.server_port}")
server.serve_forever()
