using System.Security.Cryptography;

namespace DelphiRunner.Engine.Stores;

/// <summary>Random ids as those of <see cref="Guid.NewGuid"/>, which asks the system for each; a busy store needs several for a job.</summary>
internal static class FreshIds
{
    private const int IdBytes = 16;
    private const int IdsAtOnce = 64;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _used;

    public static Guid New()
    {
        var random = _random ??= new byte[IdBytes * IdsAtOnce];
        if (_used % random.Length == 0)
        {
            RandomNumberGenerator.Fill(random);
            _used = 0;
        }

        var bytes = random.AsSpan(_used, IdBytes);
        _used += IdBytes;

        // Version 4, variant 1 (RFC 9562, 5.4), as everybody who reads ids expects.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
