using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace DelphiRunner.Child;

/// <summary>A client of the .NET runtime's diagnostics protocol (dotnet/diagnostics, documentation/design-docs/ipc-protocol.md).</summary>
internal static class Diagnostics
{
    private const byte ProcessCommands = 0x04;
    private const byte GetEnvironment = 0x02;
    private const byte Server = 0xFF;
    private const byte Ok = 0x00;
    private const int HeaderLength = 20;

    private static ReadOnlySpan<byte> Magic => "DOTNET_IPC_V1\0"u8;

    /// <summary>Asks a process for its environment and looks for one variable in it.</summary>
    public static int AskForEnvironment(string folder, int id, string name)
    {
        try
        {
            var path = Directory.EnumerateFileSystemEntries(folder, string.Create(CultureInfo.InvariantCulture, $"dotnet-diagnostic-{id}-*-socket")).FirstOrDefault()
                ?? throw new IOException("There is no socket.");
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            using var stream = new NetworkStream(socket);
            var variables = Ask(stream);
            Console.WriteLine(variables.FirstOrDefault(variable => variable.StartsWith($"{name}=", StringComparison.Ordinal)) is { } found ? $"got {found}" : $"got no {name}");
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            Console.WriteLine("refused");
        }

        return 0;
    }

    private static List<string> Ask(NetworkStream stream)
    {
        var request = new byte[HeaderLength];
        Magic.CopyTo(request);
        BinaryPrimitives.WriteUInt16LittleEndian(request.AsSpan(Magic.Length), HeaderLength);
        (request[16], request[17]) = (ProcessCommands, GetEnvironment);
        stream.Write(request);

        Span<byte> header = new byte[HeaderLength];
        stream.ReadExactly(header);
        if (!header[..14].SequenceEqual(Magic) || header[16] != Server || header[17] != Ok)
            throw new IOException("The runtime refused.");
        // How many bytes follow behind the answer, and two that are reserved.
        var answer = new byte[BinaryPrimitives.ReadUInt16LittleEndian(header[14..]) - HeaderLength];
        stream.ReadExactly(answer);
        var rest = new byte[BinaryPrimitives.ReadUInt32LittleEndian(answer)];
        stream.ReadExactly(rest);
        return Texts(rest);
    }

    // A number of texts, each a number of UTF-16 units with the NUL at its end.
    private static List<string> Texts(byte[] bytes)
    {
        var texts = new List<string>();
        var at = 4;
        for (var left = BinaryPrimitives.ReadUInt32LittleEndian(bytes); left > 0; left--)
        {
            var length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) * 2;
            texts.Add(Encoding.Unicode.GetString(bytes, at + 4, length).TrimEnd('\0'));
            at += 4 + length;
        }

        return texts;
    }
}
