internal import NIOPosix
