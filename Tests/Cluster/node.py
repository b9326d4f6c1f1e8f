"""A stand-in for the kubelets of some nodes: each pod gets an address of its own in 127.64.0.0/10, and

- runs the first container's `command` as a process of this machine, where there is one, with its `env`, POD_IP and
  POD_NAME, in the folder that the annotation `node.test/folder` names. httpGet probes are really asked; what ends is
  started again with a backoff (CrashLoopBackOff) that begins at one second;
- is pretended, where there is no command: Running, and Ready after `node.test/ready-after: 1s` (0.1 s), ended with
  status 1 after `node.test/crash-after: 2s` where that is set;
- gets ErrImagePull, then ImagePullBackOff, for an image whose name has `missing` in it.
"""
import datetime, hashlib, http.client, os, re, signal, subprocess, sys, threading, time

MERGE = "application/merge-patch+json"


def stamp():
    return datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds(text, default):
    return float(text.rstrip("s")) if text else default


class Pod:
    def __init__(self, node, pod):
        self.node, self.pod, self.gone = node, pod, threading.Event()
        self.process, self.restarts, self.ready, self.last = None, 0, None, None
        number = node.next_address()
        self.address = f"127.{64 + (number >> 16)}.{number >> 8 & 255}.{number & 255}"
        self.began = self.changed = stamp()
        threading.Thread(target=self.run, daemon=True).start()

    @property
    def container(self):
        return self.pod["spec"]["containers"][0]

    def annotation(self, name):
        return self.pod["metadata"].get("annotations", {}).get(f"node.test/{name}")

    def tell(self, phase, state, ready):
        meta, container = self.pod["metadata"], self.container
        if ready != self.ready:
            self.ready, self.changed = ready, stamp()
        unready = {"reason": "ContainersNotReady", "message": f"containers with unready status: [{container['name']}]"}
        conditions = [
            {"type": kind, "status": "True" if ok else "False", "lastTransitionTime": self.changed, **({} if ok else unready)}
            for kind, ok in (("Initialized", True), ("Ready", ready), ("ContainersReady", ready), ("PodScheduled", True))]
        image = container["image"]
        status = {
            "name": container["name"], "image": image, "ready": ready, "restartCount": self.restarts,
            "imageID": f"{image}@sha256:{hashlib.sha256(image.encode()).hexdigest()}",
            "started": "running" in state, "state": state, **({"lastState": {"terminated": self.last}} if self.last else {})}
        self.node.send("PATCH", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status", {"status": {
            "phase": phase, "conditions": conditions, "hostIP": "127.0.0.1", "podIP": self.address,
            "podIPs": [{"ip": self.address}], "startTime": self.began, "containerStatuses": [status]}})

    def run(self):
        image = self.container["image"]
        if "missing" in image:
            message = f'rpc error: failed to pull and unpack image "{image}": not found'
            while not self.gone.is_set():
                self.tell("Pending", {"waiting": {"reason": "ErrImagePull", "message": message}}, False)
                if self.gone.wait(1):
                    break
                message = f'Back-off pulling image "{image}"'
                self.tell("Pending", {"waiting": {"reason": "ImagePullBackOff", "message": message}}, False)
                self.gone.wait(8)
            return self.finish()
        pause = 1
        while not self.gone.is_set():
            began = stamp()
            code = self.execute(began) if self.container.get("command") else self.pretend(began)
            if self.gone.is_set():
                break
            self.last = {
                "exitCode": code, "reason": "Error" if code else "Completed", "startedAt": began, "finishedAt": stamp()}
            self.restarts += 1
            message = f"back-off {pause}s restarting failed container"
            self.tell("Running", {"waiting": {"reason": "CrashLoopBackOff", "message": message}}, False)
            self.gone.wait(pause)
            pause = min(pause * 2, 60)
        self.finish()

    def pretend(self, began):
        running, crash = {"running": {"startedAt": began}}, self.annotation("crash-after")
        ready_after = seconds(self.annotation("ready-after"), 0.1)
        if crash and seconds(crash, 0) <= ready_after:
            self.tell("Running", running, False)
            self.gone.wait(seconds(crash, 0))
            return 1
        if ready_after > 0.1:
            self.tell("Running", running, False)
        if self.gone.wait(ready_after):
            return 0
        self.tell("Running", running, True)
        self.gone.wait(seconds(crash, 0) - ready_after if crash else None)
        return 1

    def execute(self, began):
        meta, container = self.pod["metadata"], self.container
        variables = {**os.environ, "POD_IP": self.address, "POD_NAME": meta["name"]}
        for item in container.get("env", []):
            field = item.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
            known = {"status.podIP": self.address, "metadata.name": meta["name"]}
            if "value" in item or field in known:
                variables[item["name"]] = item.get("value", known.get(field))
        words = [re.sub(r"\$\((\w+)\)", lambda name: variables.get(name[1], name[0]), word)
                 for word in container["command"] + container.get("args", [])]
        with open(f"{self.node.folder}/{meta['uid']}.log", "ab") as log:
            try:
                self.process = subprocess.Popen(
                    words, env=variables, cwd=self.annotation("folder") or self.node.folder, stdout=log, stderr=log,
                    stdin=subprocess.DEVNULL, start_new_session=True)
            except OSError as error:
                log.write(f"{error}\n".encode())
                return 127
        running, told, failures = {"running": {"startedAt": began}}, None, 0
        readiness, liveness = container.get("readinessProbe", {}), container.get("livenessProbe", {})
        while self.process.poll() is None and not self.gone.is_set():
            ready = self.ask(readiness) if readiness.get("httpGet") else True
            if ready != told:
                told = ready
                self.tell("Running", running, ready)
            if liveness.get("httpGet"):
                failures = 0 if self.ask(liveness) else failures + 1
                if failures >= liveness.get("failureThreshold", 3):
                    self.kill(signal.SIGKILL)
            self.gone.wait(readiness.get("periodSeconds", 1) if told else 0.2)
        self.kill(signal.SIGTERM)
        try:
            return self.process.wait(self.pod["metadata"].get("deletionGracePeriodSeconds", 30))
        except subprocess.TimeoutExpired:
            self.kill(signal.SIGKILL)
            return self.process.wait()

    def kill(self, number):
        try:
            if self.process and self.process.poll() is None:
                os.killpg(self.process.pid, number)
        except ProcessLookupError:
            pass

    def ask(self, probe):
        get = probe["httpGet"]
        port = get["port"]
        if isinstance(port, str):
            port = next(p["containerPort"] for p in self.container.get("ports", []) if p.get("name") == port)
        try:
            connection = http.client.HTTPConnection(self.address, port, timeout=probe.get("timeoutSeconds", 1))
            connection.request("GET", get.get("path", "/"))
            return 200 <= connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False

    def finish(self):
        meta = self.pod["metadata"]
        self.node.send("DELETE", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}?gracePeriodSeconds=0")


class Nodes:
    def __init__(self, folder, api, count):
        self.folder, self.api, self.count, self.pods = folder, api, count, {}
        self.queue, self.condition, self.address = [], threading.Condition(), 1

    def next_address(self):
        self.address += 1
        return self.address

    def send(self, method, path, body=None):
        with self.condition:
            self.queue.append((method, path, body))
            self.condition.notify()

    def sender(self):
        api = self.api()
        while True:
            with self.condition:
                while not self.queue:
                    self.condition.wait()
                item = self.queue.pop(0)
            # Where the API server is away, what is to be told is told later.
            while True:
                try:
                    api.request(*item, MERGE)
                    break
                except Exception as error:
                    print("node:", item[:2], error, file=sys.stderr)
                    time.sleep(0.3)

    def register(self):
        api = self.api()
        room = {"cpu": "4096", "memory": "4096Gi", "pods": "30000"}
        for number in range(1, self.count + 1):
            path = f"/api/v1/nodes/node-{number}"
            api.request("POST", "/api/v1/nodes", {"metadata": {"name": f"node-{number}"}})
            api.request("PATCH", f"{path}/status", {"status": {
                "capacity": room, "allocatable": room, "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
                "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady",
                                "lastHeartbeatTime": stamp(), "lastTransitionTime": stamp()}]}}, MERGE)
            api.request("PATCH", path, {"spec": {"taints": None}}, MERGE)

    def run(self):
        self.register()
        # One that sends keeps the order of what is told.
        threading.Thread(target=self.sender, daemon=True).start()
        while True:
            try:
                api = self.api()
                _, pods = api.request("GET", "/api/v1/pods")
                present = {pod["metadata"]["uid"] for pod in pods["items"]}
                for uid in [uid for uid in self.pods if uid not in present]:
                    self.pods.pop(uid).gone.set()
                for pod in pods["items"]:
                    self.see("ADDED", pod)
                version = pods["metadata"]["resourceVersion"]
                for event in api.watch(f"/api/v1/pods?watch=1&resourceVersion={version}&timeoutSeconds=3600"):
                    if event["type"] == "ERROR":
                        break
                    self.see(event["type"], event["object"])
            except Exception as error:
                print("node:", error, file=sys.stderr)
            time.sleep(0.3)

    def see(self, kind, pod):
        uid = pod["metadata"]["uid"]
        known = self.pods.get(uid)
        if kind == "DELETED":
            if known:
                known.gone.set()
            self.pods.pop(uid, None)
        elif pod["metadata"].get("deletionTimestamp"):
            if known:
                known.pod = pod
                known.gone.set()
            elif pod["spec"].get("nodeName"):
                meta = pod["metadata"]
                self.send("DELETE", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}?gracePeriodSeconds=0")
        elif known is None and pod["spec"].get("nodeName"):
            self.pods[uid] = Pod(self, pod)
