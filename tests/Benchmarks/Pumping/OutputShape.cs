using System.Globalization;
using System.Text;

namespace DelphiRunner.Benchmarks.Pumping;

/// <summary>A kind of output: what its lines are, and the secrets that are masked in it.</summary>
internal sealed record OutputShape(string Name, Func<int, string> Line)
{
    // Of the kinds that a deployment has: a key of an API, a key of a cloud, and the address of a database with a password in it.
    private static readonly Dictionary<string, string> ThreeSecrets = new()
    {
        ["API_KEY"] = "sk-ant-api03-kW8vQz2mXr7LpT4nYb6HcJ9dFs3GaE5uRo1iNtVxMq0-ZwBKyPlCDhAS",
        ["CLOUD_KEY"] = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYz3kQ8vLm2T",
        ["DATABASE_URL"] = "postgres://delphi:p@ss%w0rd!@db.internal:5432/polis?sslmode=require",
    };

    // Of each line of a key there is every form, several hundred in all.
    private static readonly Dictionary<string, string> PrivateKey = new()
    {
        ["PRIVATE_KEY"] = $"-----BEGIN PRIVATE KEY-----\n{Convert.ToBase64String(RandomBytes(1200), Base64FormattingOptions.InsertLineBreaks)}\n-----END PRIVATE KEY-----\n",
    };

    public static IReadOnlyList<OutputShape> All { get; } =
    [
        new("plain", Plain),
        new("coloured", Coloured),
        new("three_secrets", number => number % 1000 == 0 ? $"{Plain(number)} key={ThreeSecrets["API_KEY"]}" : Plain(number)) { Secrets = ThreeSecrets },
        new("coloured_three_secrets", number => number % 1000 == 0 ? $"{Coloured(number)} key={ThreeSecrets["API_KEY"]}" : Coloured(number)) { Secrets = ThreeSecrets },
        new("private_key", Plain) { Secrets = PrivateKey },
    ];

    public IReadOnlyDictionary<string, string> Secrets { get; init; } = new Dictionary<string, string>();

    /// <summary>Writes a file of whole lines.</summary>
    /// <returns>Its size in bytes.</returns>
    public long Write(string path, long atLeastBytes)
    {
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        long bytes = 0;
        for (var number = 0; bytes < atLeastBytes; number++)
        {
            var line = Line(number);
            file.WriteLine(line);
            bytes += line.Length + 1;
        }

        return bytes;
    }

    private static byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static string Plain(int number) => string.Create(
        CultureInfo.InvariantCulture, $"2026-05-01 12:00:{number % 60:D2},{number % 1000:D3} - umap_narrative - INFO - processed {number} of 1000000 comments in layer {number % 7}");

    private static string Coloured(int number) => string.Create(
        CultureInfo.InvariantCulture, $"\u001b[2m12:00:{number % 60:D2}\u001b[0m \u001b[32mINFO\u001b[0m \u001b[1mumap_narrative\u001b[0m processed \u001b[36m{number}\u001b[0m of 1000000 comments in layer {number % 7}");
}
