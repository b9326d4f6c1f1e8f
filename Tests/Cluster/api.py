"""A connection to an API server, as much of one as the test cluster needs itself."""
import http.client, json, ssl


class API:
    def __init__(self, port, authorities, token):
        self.port, self.token, self.connection = port, token, None
        self.context = ssl.create_default_context(cafile=authorities)

    def connect(self, timeout):
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=timeout)

    def request(self, method, path, body=None, content="application/json"):
        for is_last in (False, True):
            try:
                if self.connection is None:
                    self.connection = self.connect(30)
                self.connection.request(
                    method, path, json.dumps(body) if body is not None else None,
                    {"Authorization": f"Bearer {self.token}", "Content-Type": content})
                response = self.connection.getresponse()
                data = response.read()
                return response.status, json.loads(data) if data[:1] == b"{" else data
            except (OSError, http.client.HTTPException):
                self.connection = None
                if is_last:
                    raise

    def watch(self, path):
        connection = self.connect(90)
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}"})
        for line in connection.getresponse():
            yield json.loads(line)
