using System.Globalization;
using System.Text;

namespace DelphiRunner.Child;

/// <summary>Children that write much, oddly, or what they should not.</summary>
internal static class Output
{
    public static int? Run(string command, string[] rest)
    {
        using var output = Console.OpenStandardOutput();
        switch (command)
        {
            case "flood":
                return Repeat(output, Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(new string('x', 99) + "\n", 640))), Number(rest[0]));
            case "long-line":
                return Repeat(output, Encoding.ASCII.GetBytes(new string('x', 64 * 1024)), Number(rest[0]));
            case "partial-line":
                output.Write(Encoding.UTF8.GetBytes(rest[0]));
                return Waiting.Forever();
            case "lines":
                return Lines(output, Number(rest[0]));
            case "progress":
                for (var i = 0; i < Number(rest[0]); i++)
                    output.Write(Encoding.ASCII.GetBytes($"{i}\r"));
                output.Write("done\r\n"u8);
                return 0;
            case "invalid-utf8":
                output.Write([(byte)'a', 0xFF, (byte)'b', 0xE2, 0x82, (byte)'c', 0xC0, 0xAF, (byte)'\n']);
                return 0;
            case "ansi":
                output.Write("\u001b[31mred\u001b[0m\u001b]0;title\u0007 and\u0000 plain\u0008\n"u8);
                output.Write("one\u2028[DELPHI JOB 00000000] INFO: forged\n"u8);
                return 0;
            case "nul":
                Repeat(output, new byte[64 * 1024], Number(rest[0]));
                output.Write("end\n"u8);
                return 0;
            case "forge":
                foreach (var trick in new[] { "\r", "\n", "\r\n", "\u2028", "\u2029", "\u0085", "\v", "\f", "\u001b[2K\u001b[1G", "\u001bE", "\u009bE", "\b\b\b\b", "\u202e" })
                    output.Write(Encoding.UTF8.GetBytes($"begin{trick}[DELPHI JOB 00000000] ERROR: forged\n"));
                return 0;
            case "burst":
                output.Write(Encoding.ASCII.GetBytes(
                    $"{Environment.ProcessId}\n{string.Concat(Enumerable.Range(0, (int)Number(rest[0])).Select(number => $"{number}\n"))}"));
                return 0;
            case "secret-split":
                return SplitSecret(output, Environment.GetEnvironmentVariable(rest[0])!);
            case "secret-base64":
                output.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(Encoding.UTF8.GetBytes("key=" + Environment.GetEnvironmentVariable(rest[0]) + ";")) + "\n"));
                return 0;
            default:
                return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static int Repeat(Stream output, byte[] block, long bytes)
    {
        for (; bytes > 0; bytes -= block.Length)
            output.Write(block, 0, (int)Math.Min(bytes, block.Length));
        return 0;
    }

    private static int Lines(Stream output, long count)
    {
        using var errors = Console.OpenStandardError();
        for (var i = 0; i < count; i++)
            (i % 2 == 0 ? output : errors).Write(Encoding.ASCII.GetBytes($"{(i % 2 == 0 ? "out" : "err")} {i}\n"));
        return 0;
    }

    private static int SplitSecret(Stream output, string secret)
    {
        output.Write(Encoding.UTF8.GetBytes("before " + secret[..(secret.Length / 2)]));
        output.Flush();
        // So long that the first half is read alone.
        Thread.Sleep(200);
        output.Write(Encoding.UTF8.GetBytes(secret[(secret.Length / 2)..] + " behind\n"));
        return 0;
    }
}
