/// Many writers of one resource at the same time, each on a connection of its own, by httpx.
enum PythonWriters {
    static let writers = 8
    static let rounds = 12

    /// Prints how often each status came: of merge patches with the tag that all have read, then of JSON Patches with
    /// it, then of JSON Patches with `*`; and the version at the end.
    static let script = """
        import asyncio, collections, ssl, sys
        import httpx
        base, certificate, token, path, read, writers, rounds, is_http2 = sys.argv[1:]
        writers, rounds = int(writers), int(rounds)
        trust = ssl.create_default_context(cafile=certificate)
        member = 'bio' if path == '/v1/users/me' else 'summary'

        async def main():
            clients = [httpx.AsyncClient(base_url=base, http2=is_http2 == 'true', timeout=20, trust_env=False,
                                         verify=trust, headers={'authorization': 'Bearer ' + token})
                       for _ in range(writers)]

            async def tag():
                return (await clients[0].get(read)).headers['etag']

            async def race(kind, match, body):
                async def write(index):
                    return await clients[index].patch(path, content=body(index), headers={
                        'content-type': kind, **({'if-match': match} if match else {})})
                replies = await asyncio.gather(*[write(index) for index in range(writers)])
                for reply in replies:
                    if reply.status_code == 412:
                        assert reply.json()['code'] == 'precondition-failed', reply.text
                        assert reply.headers['etag'] != match, 'the present tag, not the stale one'
                return replies

            won = collections.Counter()
            for number in range(rounds):
                replies = await race('application/merge-patch+json', await tag(),
                                     lambda index: '{"%s":"merge %d by %d"}' % (member, number, index))
                statuses = collections.Counter(reply.status_code for reply in replies)
                assert statuses == {200: 1, 412: writers - 1}, statuses
                won.update(statuses)
                [winner] = [reply for reply in replies if reply.status_code == 200]
                now = (await clients[0].get(read)).json()
                assert now[member] == winner.json()[member], 'the winner was overwritten'
            print('merge', sorted(won.items()))
            won.clear()
            for number in range(rounds):
                replies = await race(
                    'application/json-patch+json', await tag(),
                    lambda index: '[{"op":"replace","path":"/%s","value":"patch %d by %d"}]' % (member, number, index))
                statuses = collections.Counter(reply.status_code for reply in replies)
                assert statuses == {200: 1, 412: writers - 1}, statuses
                won.update(statuses)
            print('json', sorted(won.items()))
            if member == 'summary':
                replies = await race('application/json-patch+json', '*',
                                     lambda index: '[{"op":"add","path":"/tags/-","value":"w%d"}]' % index)
                now = (await clients[0].get(read)).json()
                assert sorted(now['tags']) == ['w%d' % index for index in range(writers)], now['tags']
                print('star', sorted(collections.Counter(reply.status_code for reply in replies).items()))
            print('version', (await tag()).strip('"').split('-')[0])
            for client in clients: await client.aclose()

        asyncio.run(main())
        """
}
