/// The path once more, by a client that shares no code with curl: httpx over HTTP/2.
enum PythonWalk {
    static let script = """
        import ssl, sys, time
        try:
            import httpx
        except ImportError as e:
            sys.exit('httpx is missing: %s (set CAUSEWAY_PYTHON to a Python that has it)' % e)
        base, certificate, mail_page, email = sys.argv[1:]
        client = httpx.Client(base_url=base, http2=True, timeout=20, trust_env=False,
                              verify=ssl.create_default_context(cafile=certificate))

        def call(expected, method, path, **arguments):
            for attempt in range(20):
                reply = client.request(method, path, **arguments)
                if reply.status_code != 503: break
                time.sleep(1)  # the hashing of passwords is as busy as it may be
            assert reply.http_version == 'HTTP/2', reply.http_version
            assert reply.status_code == expected, (method, path, reply.status_code, reply.text)
            if reply.status_code >= 400:
                assert reply.headers['content-type'] == 'application/problem+json', reply.headers
                assert reply.json()['instance'] == 'urn:request:' + reply.headers['x-request-id']
            return reply

        password = 'correct horse battery staple'
        call(202, 'POST', '/v1/auth/register', json={'email': email, 'password': password, 'displayName': 'Pia Python'})
        deadline = time.monotonic() + 30
        links = []
        while not links and time.monotonic() < deadline:
            mails = httpx.get(mail_page + '/messages.json', trust_env=False).json()
            links = [link for mail in mails if email in mail['to'] for link in mail['links'] if '/verify#' in link]
            time.sleep(0.05)
        page = client.get(links[0].split('#')[0][len(base):])
        assert page.status_code == 200 and page.headers['content-type'].startswith('text/html')
        call(204, 'POST', '/v1/auth/email/verify', json={'token': links[0].split('#token=')[1]})
        call(401, 'POST', '/v1/auth/login', json={'email': email, 'password': 'something else here'})
        tokens = call(200, 'POST', '/v1/auth/login', json={'email': email, 'password': password}).json()
        tokens = call(200, 'POST', '/v1/auth/token/refresh', json={'refreshToken': tokens['refreshToken']}).json()
        call(401, 'GET', '/v1/auth/me')
        client.headers['authorization'] = 'Bearer ' + tokens['accessToken']
        assert call(200, 'GET', '/v1/auth/me').json()['email'] == email
        profile = call(200, 'GET', '/v1/users/me')
        assert profile.json()['displayName'] == 'Pia Python'
        patch = {'content-type': 'application/merge-patch+json', 'if-match': profile.headers['etag']}
        changed = call(200, 'PATCH', '/v1/users/me', headers=patch, content='{"displayName":"Pia P."}')
        assert changed.json()['displayName'] == 'Pia P.'
        call(412, 'PATCH', '/v1/users/me', headers=patch, content='{"displayName":"Pia Q."}')
        made = call(201, 'POST', '/v1/articles', json={'title': 'From Python', 'body': 'Text.', 'tags': ['python']})
        path = '/v1/articles/' + made.json()['id']
        draft = call(200, 'GET', made.headers['location'])
        patch['if-match'] = draft.headers['etag']
        call(200, 'PATCH', path, headers=patch, content='{"body":"Other text."}')
        call(200, 'POST', path + '/publish')
        anyone = httpx.Client(base_url=base, http2=True, timeout=20, trust_env=False,
                              verify=ssl.create_default_context(cafile=certificate))
        read = anyone.get(path)
        assert read.status_code == 200 and read.json()['body'] == 'Other text.', read.text
        assert anyone.get(path, headers={'if-none-match': read.headers['etag']}).status_code == 304
        pages, target = [], '/v1/articles?limit=25'
        while target:
            page = anyone.get(target)
            assert page.status_code == 200, page.text
            pages += [article['id'] for article in page.json()['items']]
            target = page.links.get('next', {}).get('url')
        assert len(pages) == len(set(pages)) and made.json()['id'] in pages, pages
        call(200, 'POST', path + '/unpublish')
        assert anyone.get(path).status_code == 404
        call(204, 'DELETE', path, headers={'if-match': '*'})
        call(204, 'POST', '/v1/auth/logout')
        # A second is promised; a busy machine gets five. No call that begins after that may succeed.
        logged_out = began = time.monotonic()
        while client.get('/v1/auth/me').status_code == 200:
            assert began < logged_out + 5, 'the token outlived the log-out by five seconds'
            began = time.monotonic()
        call(401, 'GET', '/v1/auth/me')
        print('walked')
        """
}
