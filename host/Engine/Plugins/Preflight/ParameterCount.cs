using System.Reflection.Metadata;

namespace DelphiRunner.Engine.Plugins.Preflight;

/// <summary>Reads how many parameters a method has from its signature.</summary>
internal static class ParameterCount
{
    /// <summary>Reads the count; null when the signature is that of a field.</summary>
    public static int? Of(BlobReader signature)
    {
        var header = signature.ReadSignatureHeader();
        if (header.Kind != SignatureKind.Method)
            return null;

        if (header.IsGeneric)
            signature.ReadCompressedInteger();

        return signature.ReadCompressedInteger();
    }
}
