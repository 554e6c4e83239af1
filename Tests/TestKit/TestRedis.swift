/// The Redis server that set-up has started for the tests.
package enum TestRedis {}
